"""Bundles that somebody forged. All are signed with a key that the node trusts unless the test is about
the signature: so it is not the signature that stops them, but the reader.
"""
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from bundles import Change, Forgery, Key, PLUGIN, described, entry, write_plugin
from node import command

GPIO = "allow_gpio = [4]\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    """One that is trusted, and another."""
    folder = tmp_path_factory.mktemp("keys")
    return {name: Key(folder, name) for name in ("good", "other")}


@pytest.fixture(scope="module")
def request_texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The canonical texts of two requests, by the program itself."""
    folder = tmp_path_factory.mktemp("requests")
    texts = {}
    for name, permission in (("none", ""), ("gpio", GPIO)):
        write_plugin(folder / name / "lamp", permission=permission)
        assert command("bundle", "build", folder / name / "lamp", "-o", folder / f"{name}.bundle").returncode == 0
        with tarfile.open(folder / f"{name}.bundle") as archive:
            file = archive.extractfile("manifest.json")
            assert file
            texts[name] = json.load(file)["request"]
    assert texts["none"] != texts["gpio"]
    return texts


def refused(path: Path, key: Key, says: str) -> None:
    """`bundle verify` refuses it with this text and writes nothing."""
    result = command("bundle", "verify", path, "--pubkey", key.public)
    assert result.returncode == 1, result.stdout
    assert says in result.stderr, result.stderr
    assert not result.stdout


def set_entries(*entries) -> Change:  # type: ignore[no-untyped-def]
    """In place of the files."""
    return lambda forgery: setattr(forgery, "entries", list(entries))


def add_entry(*entries) -> Change:  # type: ignore[no-untyped-def]
    """Behind the files."""
    return lambda forgery: setattr(forgery, "entries", [*forgery.all_entries()[1:], *entries])


def name_files(*paths: str) -> Change:
    """Files with these paths, which the manifest names too, in this order."""
    def change(forgery: Forgery) -> None:
        forgery.manifest["files"] = [described(path, PLUGIN) for path in paths]
        forgery.entries = [entry(f"plugin/{path}", PLUGIN) for path in paths]
    return change


def put(**fields) -> Change:  # type: ignore[no-untyped-def]
    """Other members of the manifest."""
    return lambda forgery: forgery.manifest.update(fields)


def text_of_manifest(text: bytes) -> Change:
    """Another text in place of the manifest."""
    return lambda forgery: setattr(forgery, "manifest_text", text)


def file_size(size: int) -> Change:
    """The manifest says another size."""
    return lambda forgery: forgery.manifest["files"][0].update(size=size)


def other_bytes(forgery: Forgery) -> None:
    """The file is not the one that the manifest names."""
    forgery.entries = [entry("plugin/plugin.py", PLUGIN.replace(b"1", b"2"))]


def compressed(forgery: Forgery) -> None:
    """A bomb would begin so."""
    forgery.mode = "w:gz"


def pax(forgery: Forgery) -> None:
    """An extension header, which could rename what follows."""
    forgery.format = tarfile.PAX_FORMAT
    info, content = entry("plugin/plugin.py", PLUGIN)
    info.pax_headers = {"path": "plugin/../../escaped.py"}
    forgery.entries = [(info, content)]


def sparse(forgery: Forgery) -> None:
    """A file of a terabyte that takes no room."""
    forgery.format = tarfile.PAX_FORMAT
    info, content = entry("plugin/plugin.py", PLUGIN)
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(1 << 40),
                        "GNU.sparse.map": f"0,{len(PLUGIN)}"}
    forgery.entries = [(info, content)]


LINK = entry("plugin/plugin.py", type=tarfile.SYMTYPE, linkname="/etc/shadow")
HARD_LINK = entry("plugin/plugin.py", type=tarfile.LNKTYPE, linkname="/etc/shadow")
DEVICE = entry("plugin/plugin.py", type=tarfile.CHRTYPE, devmajor=1, devminor=1)
PIPE = entry("plugin/plugin.py", type=tarfile.FIFOTYPE)
FOLDER = entry("plugin/plugin.py", type=tarfile.DIRTYPE)
SORTED = ("plugin.py", "z.py")

FORGERIES: dict[str, tuple[Change, str]] = {
    "climbing path": (name_files("../escaped.py", "plugin.py"), "leads out of the folder"),
    "climbing path inside": (name_files("lib/../../escaped.py", "plugin.py"), "leads out of the folder"),
    "absolute path": (name_files("/etc/cron.d/x", "plugin.py"), "leads out of the folder"),
    "hidden file": (name_files(".ssh/authorized_keys", "plugin.py"), "is hidden"),
    "path with a control character": (name_files("a\x1b[2J.py", "plugin.py"), "printable ASCII"),
    "path with a backslash": (name_files("a\\b.py", "plugin.py"), "printable ASCII"),
    "path without end": (name_files("/".join(["a" * 70] * 3), "plugin.py"), "too long"),
    "path of many folders": (name_files("a/" * 40 + "x.py", "plugin.py"), "leads out of the folder"),
    "manifest's path is another": (set_entries(entry("plugin/../../escaped.py", PLUGIN)), "another entry"),
    "symbolic link": (set_entries(LINK), "not a plain file"),
    "hard link": (set_entries(HARD_LINK), "not a plain file"),
    "device": (set_entries(DEVICE), "not a plain file"),
    "pipe": (set_entries(PIPE), "not a plain file"),
    "folder": (set_entries(FOLDER), "in the place of"),
    "entry twice": (add_entry(entry("plugin/plugin.py", PLUGIN)), "more entries"),
    "entry that the manifest does not name": (add_entry(entry("plugin/z.py", b"x")), "more entries"),
    "second manifest": (add_entry(entry("manifest.json", b"{}")), "more entries"),
    "path twice": (name_files("plugin.py", "plugin.py"), "not sorted"),
    "paths out of order": (name_files(*reversed(SORTED)), "not sorted"),
    "names that differ in case": (name_files("Z.py", "plugin.py", "z.py"), "capital letters do not count"),
    "file that is also a folder": (name_files("lib", "lib/x.py", "plugin.py"), "two files with the path"),
    "file missing": (set_entries(), "it ends before"),
    "wrong digest": (other_bytes, "has another content than its manifest names"),
    "file larger than it says": (file_size(3), "another size"),
    "file of a terabyte": (file_size(1 << 40), "without a path, size"),
    "compressed": (compressed, "not a bundle"),
    "extension header": (pax, "not a bundle"),
    "sparse file": (sparse, "not a bundle"),
    "manifest of 100 MB": (text_of_manifest(b" " * 100_000_000), "more than 1048576 bytes"),
    "manifest just too long": (text_of_manifest(b" " * ((1 << 20) + 1)), "more than 1048576 bytes"),
    "manifest of deep JSON": (text_of_manifest(b"[" * 500_000), "not JSON"),
    "manifest is an array": (text_of_manifest(b"[1]"), "lacks a member"),
    "manifest with a member twice": (text_of_manifest(b'{"name":"a","name":"b"}'), "not JSON"),
    "member that nobody knows": (put(extra=1), "an unknown one"),
    "newer format": (put(format=2), "newer version"),
    "name that climbs": (put(name="../lamp"), "`name` that no plugin can have"),
    "name of the program itself": (put(name="broker"), "`name` that no plugin can have"),
    "counter of zero": (put(counter=0), "`counter` that is out of range"),
    "counter too large": (put(counter=1 << 53), "`counter` that is out of range"),
    "counter that is text": (put(counter="1"), "lacks a member"),
    "version with a newline": (put(version="1\n"), "not a version"),
    "description with control characters": (put(description="\x1b[2J"), "not plain"),
    "expiry that is no time": (put(expires="tomorrow"), "not a time"),
    "request that is no permission file": (put(request="allow_gpio = ["), "not a valid permission file"),
    "request in another form": (put(request=""), "canonical form"),
    "neither plugin.py nor plugin.wasm": (name_files("helper.py"), "neither plugin.py"),
    "no files": (put(files=[]), "no files"),
    "5000 files": (put(files=[described(f"f{number:04}.py", b"") for number in range(5000)]), "more than 4000 files"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery(tmp_path: Path, keys: dict[str, Key], request_texts: dict[str, str], name: str) -> None:
    """Each is refused with a text that says why."""
    change, says = FORGERIES[name]
    forgery = Forgery(request_texts["none"])
    change(forgery)
    path = forgery.write(tmp_path / "lamp.bundle")
    keys["good"].sign(path)
    refused(path, keys["good"], says)


def test_unchanged(tmp_path: Path, keys: dict[str, Key], request_texts: dict[str, str]) -> None:
    """What the forgeries begin with is good, so each is refused for its change alone."""
    path = Forgery(request_texts["none"]).write(tmp_path / "lamp.bundle")
    keys["good"].sign(path)
    result = command("bundle", "verify", path, "--pubkey", keys["good"].public)
    assert result.returncode == 0, result.stderr


def test_request_that_is_not_the_signed_one(tmp_path: Path, keys: dict[str, Key], request_texts: dict[str, str]) -> None:
    """permission.toml requests a line that the manifest does not show."""
    files = {"plugin.py": PLUGIN, "permission.toml": GPIO.encode()}
    good = Forgery(request_texts["gpio"], files).write(tmp_path / "good.bundle")
    bad = Forgery(request_texts["none"], files).write(tmp_path / "bad.bundle")
    for path in (good, bad):
        keys["good"].sign(path)
    assert command("bundle", "verify", good, "--pubkey", keys["good"].public).returncode == 0
    refused(bad, keys["good"], "requests something else than its manifest")


def test_cut_at_each_4_kb(tmp_path: Path, keys: dict[str, Key], request_texts: dict[str, str]) -> None:
    """A bundle that ends early is refused wherever it ends: here signed as it is, so by the reader."""
    whole = Forgery(request_texts["none"], {"plugin.py": PLUGIN + b"#" * 60_000}).write(tmp_path / "whole.bundle")
    content = whole.read_bytes()
    end = content.rstrip(b"\0")
    path = tmp_path / "cut.bundle"
    cuts = range(0, len(end), 4096)
    assert len(cuts) > 10
    for cut in cuts:
        path.write_bytes(content[:cut])
        keys["good"].sign(path)
        assert command("bundle", "verify", path, "--pubkey", keys["good"].public).returncode == 1, cut


@pytest.fixture
def signed(tmp_path: Path, keys: dict[str, Key], request_texts: dict[str, str]) -> Path:
    """A good bundle with its signature."""
    path = Forgery(request_texts["none"]).write(tmp_path / "lamp.bundle")
    keys["good"].sign(path)
    return path


def test_unknown_key(signed: Path, keys: dict[str, Key]) -> None:
    """Another key is trusted."""
    refused(signed, keys["other"], "which this node does not trust")


def test_no_signature(signed: Path, keys: dict[str, Key]) -> None:
    """Nobody signed it."""
    Path(f"{signed}.minisig").unlink()
    refused(signed, keys["good"], "has no signature")


def test_signature_of_another_bundle(tmp_path: Path, signed: Path, keys: dict[str, Key]) -> None:
    """The bundle was changed behind its signature; nothing of it is parsed."""
    signed.write_bytes(b"not even a tar file")
    refused(signed, keys["good"], "does not fit this file")


def test_one_bit(signed: Path, keys: dict[str, Key]) -> None:
    """Any bit of the bundle."""
    content = bytearray(signed.read_bytes())
    content[len(content) // 2] ^= 1
    signed.write_bytes(content)
    refused(signed, keys["good"], "does not fit this file")


def test_two_signatures(signed: Path, keys: dict[str, Key]) -> None:
    """A good signature, with a second one behind it."""
    signature = Path(f"{signed}.minisig")
    good = signature.read_text()
    keys["other"].sign(signed)
    signature.write_text(good + signature.read_text())
    refused(signed, keys["good"], "four lines")


def test_comment_that_was_changed(signed: Path, keys: dict[str, Key]) -> None:
    """The trusted comment is under the second signature."""
    signature = Path(f"{signed}.minisig")
    lines = signature.read_text().splitlines()
    lines[2] += " (approved by the owner)"
    signature.write_text("\n".join(lines) + "\n")
    refused(signed, keys["good"], "comment was changed")


def test_old_form_of_signature(signed: Path, keys: dict[str, Key]) -> None:
    """`Ed`: over the file itself, which minisign makes with -l."""
    keys["good"].sign(signed, "-l")
    refused(signed, keys["good"], "old form")


def test_signature_without_end(signed: Path, keys: dict[str, Key]) -> None:
    """A signature's file of a megabyte."""
    Path(f"{signed}.minisig").write_bytes(b"untrusted comment: " + b"x" * (1 << 20))
    refused(signed, keys["good"], "more than 12288 bytes")


def test_key_id_of_another(signed: Path, keys: dict[str, Key]) -> None:
    """A signature that claims the trusted key's id, made with another key."""
    import base64
    path = Path(f"{signed}.minisig")
    trusted = base64.b64decode(path.read_text().splitlines()[1])[2:10]
    keys["other"].sign(signed)
    lines = path.read_text().splitlines()
    line = base64.b64decode(lines[1])
    lines[1] = base64.b64encode(line[:2] + trusted + line[10:]).decode()
    path.write_text("\n".join(lines) + "\n")
    refused(signed, keys["good"], "does not fit this file")


def test_pipe_in_place_of_a_bundle(tmp_path: Path, keys: dict[str, Key]) -> None:
    """A pipe without a writer holds nobody up."""
    os.mkfifo(tmp_path / "lamp.bundle")
    (tmp_path / "lamp.bundle.minisig").write_text("x")
    refused(tmp_path / "lamp.bundle", keys["good"], "minisign")
    assert subprocess.run(["test", "-p", tmp_path / "lamp.bundle"], check=False).returncode == 0
