"""Bundles as anybody can make them: with Python's tarfile, and Debian's minisign."""
import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Callable

from node import command, simulated

PLUGIN = b"def poll():\n    return {'value': 1}\n"


class Key:
    """A pair of keys without a password, by minisign."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make it."""
        self.secret, self.public = folder / f"{name}.key", folder / f"{name}.pub"
        subprocess.run(["minisign", "-G", "-W", "-p", self.public, "-s", self.secret], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def text(self) -> str:
        """The public key, as the configuration has it."""
        return self.public.read_text().splitlines()[1]

    def sign(self, file: Path, *options: str) -> None:
        """FILE.minisig, by minisign."""
        subprocess.run(["minisign", "-S", "-W", "-s", self.secret, *options, "-m", file], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)


def entry(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of a tar file, a plain file unless `fields` say otherwise."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o644, 0
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def described(path: str, content: bytes) -> dict[str, Any]:
    """A file, as the manifest names it."""
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


class Forgery:
    """What becomes a bundle: good until somebody changes `manifest`, `files` or `entries`."""

    def __init__(self, request: str, files: dict[str, bytes] | None = None, **fields: Any) -> None:
        """`request`: the canonical text of what permission.toml among the files requests."""
        self.files = files or {"plugin.py": PLUGIN}
        self.manifest: dict[str, Any] = {
            "format": 1, "name": "lamp", "version": "1.0", "counter": 1, "host": "0", "request": request,
            "files": [described(path, self.files[path]) for path in sorted(self.files)], **fields}
        self.manifest_text: bytes | None = None
        self.entries: list[tuple[tarfile.TarInfo, bytes]] | None = None
        self.format = tarfile.USTAR_FORMAT
        self.mode = "w"

    def all_entries(self) -> list[tuple[tarfile.TarInfo, bytes]]:
        """The manifest, then the files."""
        text = self.manifest_text or json.dumps(self.manifest).encode()
        files = self.entries if self.entries is not None else [
            entry(f"plugin/{path}", self.files[path]) for path in sorted(self.files)]
        return [entry("manifest.json", text), *files]

    def write(self, path: Path) -> Path:
        """The tar file."""
        with tarfile.open(path, self.mode, format=self.format) as archive:  # type: ignore[call-overload]
            for info, content in self.all_entries():
                archive.addfile(info, io.BytesIO(content))
        return path


Change = Callable[[Forgery], None]


def write_plugin(folder: Path, source: bytes | str = PLUGIN, permission: str = "", label: str = "") -> Path:
    """A plugin's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.py").write_bytes(source if isinstance(source, bytes) else source.encode())
    if permission:
        (folder / "permission.toml").write_text(permission)
    if label:
        (folder / "bundle.toml").write_text(label)
    return folder


def source(value: int) -> str:
    """A plugin that returns this number."""
    return f"def poll():\n    return {{'value': {value}}}\n"


class Author:
    """Makes signed bundles of the plugin `lamp`."""

    def __init__(self, folder: Path) -> None:
        """With a key of its own."""
        folder.mkdir(exist_ok=True)
        self.folder, self.key = folder, Key(folder, "author")

    def bundle(self, counter: int, permission: str = "", text: str | None = None, label: str = "",
               key: Key | None = None) -> Path:
        """The version of this number, which its readings have too."""
        plugin = write_plugin(self.folder / str(counter) / "lamp", text or source(counter), permission,
                              f'version = "{counter}.0"\ncounter = {counter}\n{label}')
        path = self.folder / f"lamp-{counter}.bundle"
        result = command("bundle", "build", plugin, "-o", path)
        assert result.returncode == 0, result.stderr
        (key or self.key).sign(path)
        return path


class Owner:
    """Gives commands about one data folder."""

    def __init__(self, folder: Path, plugins: Path, changes: dict[str, Any]) -> None:
        """Without a node that runs."""
        self.data, self.plugins, self.config = folder / "data", plugins, folder / "own.toml"
        self.config.write_text(simulated(changes))

    def give(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """A command."""
        return command(*words, "--data", self.data, "--config", self.config, "--plugins", self.plugins)

    def install(self, path: Path | str, *options: str) -> str:
        """It succeeds."""
        result = self.give("plugin", "install", path, *options)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def refused(self, path: Path | str, *options: str) -> str:
        """It does not; nothing changes."""
        before = self.code()
        result = self.give("plugin", "install", path, *options)
        assert result.returncode == 1, result.stdout
        assert self.code() == before
        return result.stderr

    def code(self) -> str:
        """What would run."""
        path = self.plugins / "lamp" / "plugin.py"
        return path.read_text() if path.exists() else ""

    def versions(self) -> dict[str, Any]:
        """What is known."""
        result = self.give("plugin", "versions", "lamp", "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


def listed(path: Path, **fields: Any) -> dict[str, Any]:
    """A bundle of the plugin `lamp` whose version is its counter, as an index names it."""
    counter = int(path.stem.rpartition("-")[2])
    return {"name": "lamp", "version": f"{counter}.0", "counter": counter, "host": "0", "description": "",
            "file": path.name, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            **fields}


def write_index(folder: Path, key: Key, bundles: list[dict[str, Any]], text: bytes | None = None, **fields: Any) -> None:
    """A signed index as anybody can make it, or another text in its place."""
    index = {"format": 1, "counter": 1, "expires": "2035-01-01T00:00:00Z", "bundles": bundles, **fields}
    (folder / "index.json").write_bytes(text if text is not None else json.dumps(index).encode())
    key.sign(folder / "index.json")
