"""`harvester bundle index`, `plugin search` and `plugin install NAME`: bundles by name, from a folder or a web server."""
import functools
import http.server
import json
import subprocess
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
from bundles import Author, Owner, source, write_plugin
from node import command


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who publishes plugins."""
    return Author(tmp_path / "author")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Not."""


@pytest.fixture
def server(author: Author) -> Iterator[str]:
    """The author's folder on loopback."""
    handler = functools.partial(Quiet, directory=str(author.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as own:
        threading.Thread(target=own.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{own.server_port}"
        own.shutdown()


@pytest.fixture
def owner(tmp_path: Path, plugins: Path, author: Author, server: str) -> Owner:
    """Trusts the author, whose index is in the configuration."""
    return Owner(tmp_path, plugins, {"updates": {"trusted_keys": [author.key.text()], "index": f"{server}/"}})


def make_index(author: Author, *words: str) -> dict[str, Any]:
    """Of the author's folder."""
    result = command("bundle", "index", author.folder, "--key", author.key.secret, *words)
    assert result.returncode == 0, result.stderr
    return json.loads((author.folder / "index.json").read_text())


def failed(*words: str | Path) -> str:
    """A command that fails; its error."""
    result = command(*words)
    assert result.returncode == 1, result.stdout
    return result.stderr


def searched(owner: Owner, *words: str) -> str:
    """What a search prints."""
    result = owner.give("plugin", "search", *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_search_and_install_by_name(owner: Owner, author: Author) -> None:
    """The newest version, whose bundle comes from the same server."""
    author.bundle(1, label='description = "Switches a lamp."\n')
    author.bundle(2, label='description = "Switches a lamp."\n')
    make_index(author)
    assert searched(owner).split() == ["lamp", "2.0", "Switches", "a", "lamp."]
    assert searched(owner, "SWITCH", "lamp").startswith("lamp")
    assert "lists no such plugin" in searched(owner, "door")
    assert [one["version"] for one in json.loads(searched(owner, "--json"))] == ["2.0", "1.0"]
    owner.install("lamp")
    assert owner.code() == source(2)
    assert not list((owner.data / "bundles").glob("*.download*"))
    assert "the index lists no plugin door" in owner.refused("door")


def test_index_in_a_folder(owner: Owner, author: Author) -> None:
    """A folder, as on a stick, in place of the configured server."""
    author.bundle(1)
    make_index(author)
    owner.install("lamp", "--index", str(author.folder))
    assert owner.code() == source(1)
    assert "no such folder" in owner.refused("lamp", "--index", str(author.folder / "none"))


def test_a_file_goes_before_a_name(owner: Owner, author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word is the name of a plugin only where there is no such file."""
    author.bundle(1)
    make_index(author)
    monkeypatch.chdir(author.folder)
    path = author.bundle(2)
    owner.install(path.name)
    assert owner.code() == source(2)


def test_version_for_a_newer_harvester(owner: Owner, author: Author) -> None:
    """The newest version that this node can run."""
    author.bundle(1)
    author.bundle(2, label='host = "999"\n')
    make_index(author)
    owner.install("lamp")
    assert owner.code() == source(1)
    (author.folder / "lamp-1.bundle").unlink()
    make_index(author)
    assert "needs harvester 999" in owner.refused("lamp")


def test_without_an_index(tmp_path: Path, plugins: Path) -> None:
    """The error names both ways to have one."""
    owner = Owner(tmp_path, plugins, {})
    result = owner.give("plugin", "search", "lamp")
    assert result.returncode == 1 and "--index URL" in result.stderr and "[updates]" in result.stderr


def test_what_the_index_says(author: Author) -> None:
    """Its counter grows, also within a millisecond; it expires in 30 days, or when --expires says."""
    author.bundle(1)
    first = make_index(author)
    (author.folder / "index.json").write_text(json.dumps({**first, "counter": first["counter"] + 10**9}))
    second = make_index(author, "--expires", "2035-01-31")
    assert second["counter"] == first["counter"] + 10**9 + 1
    assert second["expires"] == "2035-01-31T00:00:00Z" and first["expires"] < second["expires"]
    subprocess.run(["minisign", "-V", "-H", "-p", author.key.public, "-m", author.folder / "index.json"], check=True,
                   capture_output=True)


@pytest.mark.parametrize("words,says", [(["--expires", "soon"], "is no time"), (["--expires", "2020-01-01"], "in the past")])
def test_wrong_expiry(author: Author, words: list[str], says: str) -> None:
    """Nothing is written."""
    author.bundle(1)
    assert says in failed("bundle", "index", author.folder, "--key", author.key.secret, *words)
    assert not (author.folder / "index.json").exists()


def test_folders_that_get_no_index(author: Author) -> None:
    """What nodes would refuse is refused where it can be mended."""
    path = author.bundle(1)
    words = ["bundle", "index", author.folder, "--key", author.key.secret]
    twin = path.with_name("twin.bundle")
    twin.write_bytes(path.read_bytes())
    assert "twin.bundle has no signature" in failed(*words)
    author.key.sign(twin)
    assert "are both lamp with the counter 1" in failed(*words)
    twin.rename(path.with_name("a lamp.bundle"))
    Path(f"{twin}.minisig").rename(path.with_name("a lamp.bundle.minisig"))
    assert "an index cannot name this file" in failed(*words)
    path.with_name("a lamp.bundle").write_bytes(b"x")
    path.with_name("a lamp.bundle").rename(twin)
    path.with_name("a lamp.bundle.minisig").rename(f"{twin}.minisig")
    assert "not a bundle" in failed(*words)
    assert not (author.folder / "index.json").exists()
    assert command("bundle", "index", author.folder).returncode == 2


def test_unsigned_bundles_by_a_signed_index(tmp_path: Path, plugins: Path, author: Author) -> None:
    """require_signature = false admits bundles without a signature, but no such index."""
    owner = Owner(tmp_path, plugins, {"updates": {"trusted_keys": [author.key.text()], "require_signature": False,
                                                  "index": str(author.folder)}})
    write_plugin(author.folder / "x")
    path = author.bundle(1)
    make_index(author)
    Path(f"{path}.minisig").unlink()
    owner.install("lamp")
    assert owner.code() == source(1)
    (author.folder / "index.json.minisig").unlink()
    assert "an index needs one" in owner.refused("lamp")
