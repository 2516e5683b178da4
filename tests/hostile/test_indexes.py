"""Indexes of bundles that somebody forged, kept or swapped: by whoever has the web server, or the way to it."""
import json
from pathlib import Path
from typing import Any, Callable

import pytest
from bundles import Author, Key, Owner, listed, source, write_index


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who publishes plugins."""
    return Author(tmp_path / "author")


@pytest.fixture
def other(author: Author) -> Key:
    """A key that no node trusts."""
    return Key(author.folder, "other")


@pytest.fixture
def owner(tmp_path: Path, author: Author) -> Owner:
    """Trusts the author; the index is a folder, which anybody changes."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    return Owner(tmp_path, plugins, {"updates": {"trusted_keys": [author.key.text()], "index": str(author.folder)}})


def test_unchanged(owner: Owner, author: Author) -> None:
    """What the attacks begin with is good."""
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    owner.install("lamp")
    assert owner.code() == source(1)


@pytest.mark.parametrize("text", [b"not even JSON", b'{"format": 1}', b"[" * 500_000], ids=["words", "empty", "deep"])
def test_text_that_was_changed(owner: Owner, author: Author, text: bytes) -> None:
    """Behind its signature; nothing of it is parsed."""
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    (author.folder / "index.json").write_bytes(text)
    assert "does not fit this file" in owner.refused("lamp")


def test_unknown_key(owner: Owner, author: Author, other: Key) -> None:
    """Somebody else's index of the author's bundles."""
    write_index(author.folder, other, [listed(author.bundle(1))])
    assert "which this node does not trust" in owner.refused("lamp")


def test_no_signature(owner: Owner, author: Author) -> None:
    """Nobody signed it."""
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    (author.folder / "index.json.minisig").unlink()
    assert "has no signature" in owner.refused("lamp")


def test_signature_of_a_bundle(owner: Owner, author: Author) -> None:
    """A bundle and its good signature in the place of the index."""
    path = author.bundle(1)
    (author.folder / "index.json").write_bytes(path.read_bytes())
    (author.folder / "index.json.minisig").write_bytes(Path(f"{path}.minisig").read_bytes())
    assert "is no JSON" in owner.refused("lamp")


@pytest.mark.parametrize("changes", [{"counter": 1}, {"counter": 2, "expires": "2036-01-01T00:00:00Z"}],
                         ids=["older", "another with the same counter"])
def test_old_index_played_again(owner: Owner, author: Author, changes: dict[str, Any]) -> None:
    """It would hide that there is a newer version; a search remembers too."""
    write_index(author.folder, author.key, [listed(author.bundle(2)), listed(author.bundle(1))], counter=2)
    assert owner.give("plugin", "search").returncode == 0
    write_index(author.folder, author.key, [listed(author.bundle(1))], **changes)
    assert "this node has seen 2 by the same key" in owner.refused("lamp")
    write_index(author.folder, author.key, [listed(author.bundle(1))], counter=3)
    owner.install("lamp")


def test_memory_that_was_damaged(owner: Owner, author: Author) -> None:
    """Then nobody knows what is too old."""
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    owner.install("lamp")
    memory, = (owner.data / "bundles" / "indexes").glob("*.json")
    memory.write_text("{}")
    assert "is damaged" in owner.refused("lamp")


def test_expired(owner: Owner, author: Author) -> None:
    """Kept for ever by whoever has the server."""
    write_index(author.folder, author.key, [listed(author.bundle(1))], expires="2024-01-01T00:00:00Z")
    assert "expired at 2024-01-01" in owner.refused("lamp")


def test_key_for_another_plugin(tmp_path: Path, author: Author) -> None:
    """A key that may sign doors lists lamps."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    owner = Owner(tmp_path, plugins, {"updates": {"index": str(author.folder), "trusted_keys": [author.key.text()]}})
    text = owner.config.read_text()
    key = f'"{author.key.text()}"'
    assert key in text
    owner.config.write_text(text.replace(key, f'{{key = {key}, names = ["door"]}}'))
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    assert "index.json: the key" in (says := owner.refused("lamp")) and "may not sign the plugin lamp" in says


def test_bundle_that_is_not_the_listed_one(owner: Owner, author: Author) -> None:
    """Another good bundle of the author in its place: the mix was never published."""
    first = author.bundle(1)
    write_index(author.folder, author.key, [listed(author.bundle(2))])
    (author.folder / "lamp-2.bundle").write_bytes(first.read_bytes())
    (author.folder / "lamp-2.bundle.minisig").write_bytes(Path(f"{first}.minisig").read_bytes())
    assert "is not the bundle that the index lists" in owner.refused("lamp")


@pytest.mark.parametrize("changes", [{"name": "door"}, {"version": "9.0"}, {"counter": 9}], ids=str)
def test_index_that_calls_it_something_else(owner: Owner, author: Author, changes: dict[str, Any]) -> None:
    """The digest fits, but who asked for a door gets no lamp."""
    write_index(author.folder, author.key, [listed(author.bundle(1), **changes)])
    assert "the index calls this bundle" in owner.refused(changes.get("name", "lamp"))


def test_forged_bundle_by_a_good_index(owner: Owner, author: Author, other: Key) -> None:
    """The index does not stand in for the bundle's own signature."""
    write_index(author.folder, author.key, [listed(author.bundle(1, key=other))])
    assert "which this node does not trust" in owner.refused("lamp")


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], list[dict[str, Any]]], str]] = {
    "path that climbs": (lambda entry: [{**entry, "file": "../lamp-1.bundle"}], "that none can be"),
    "path of another folder": (lambda entry: [{**entry, "file": "/etc/lamp.bundle"}], "that none can be"),
    "file of another server": (lambda entry: [{**entry, "file": "https://example.org/lamp.bundle"}], "that none can be"),
    "file with a query": (lambda entry: [{**entry, "file": "lamp.bundle?x=.bundle"}], "that none can be"),
    "hidden file": (lambda entry: [{**entry, "file": ".lamp.bundle"}], "that none can be"),
    "name that climbs": (lambda entry: [{**entry, "name": "../lamp"}], "that none can be"),
    "description that moves the cursor": (lambda entry: [{**entry, "description": "\x1b[2J"}], "that none can be"),
    "digest that is none": (lambda entry: [{**entry, "sha256": "x" * 64}], "that none can be"),
    "size of zero": (lambda entry: [{**entry, "size": 0}], "that none can be"),
    "size of a terabyte": (lambda entry: [{**entry, "size": 1 << 40}], "that none can be"),
    "counter of zero": (lambda entry: [{**entry, "counter": 0}], "that none can be"),
    "member that nobody knows": (lambda entry: [{**entry, "run": "sh"}], "that none can be"),
    "bundle twice": (lambda entry: [entry, entry], "twice, or out of order"),
    "out of order": (lambda entry: [entry, {**entry, "counter": 2}], "twice, or out of order"),
    "2001 bundles": (lambda entry: [{**entry, "counter": 3000 - number} for number in range(2001)], "more than 2000"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery(owner: Owner, author: Author, name: str) -> None:
    """With a good signature: so it is the reader that stops it, and says why."""
    change, says = FORGERIES[name]
    write_index(author.folder, author.key, change(listed(author.bundle(1))))
    assert says in owner.refused("lamp")


TEXTS: dict[str, tuple[bytes, str]] = {
    "deep JSON": (b"[" * 500_000, "is no JSON"),
    "index of 100 MB": (b" " * 100_000_000, "more than 1048576 bytes"),
    "index just too long": (b" " * ((1 << 20) + 1), "more than 1048576 bytes"),
    "array": (b"[1]", "lacks a member"),
    "member twice": (b'{"format":1,"format":1}', "is no JSON"),
    "newer format": (json.dumps({"format": 2}).encode(), "newer version"),
    "without expiry": (json.dumps({"format": 1, "counter": 1, "bundles": []}).encode(), "lacks a member"),
    "expiry that is no time": (json.dumps({"format": 1, "counter": 1, "expires": "never", "bundles": []}).encode(), "is no time"),
    "counter too large": (json.dumps({"format": 1, "counter": 1 << 53, "expires": "2035-01-01", "bundles": []}).encode(),
                          "counter out of range"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(owner: Owner, author: Author, name: str) -> None:
    """Another text in place of the index, with a good signature."""
    text, says = TEXTS[name]
    write_index(author.folder, author.key, [], text)
    assert says in owner.refused("lamp")


def test_link_in_place_of_the_index(owner: Owner, author: Author) -> None:
    """A device that never ends, or a pipe that never begins, holds nobody up."""
    write_index(author.folder, author.key, [listed(author.bundle(1))])
    (author.folder / "index.json").unlink()
    (author.folder / "index.json").symlink_to("/dev/zero")
    assert "not a regular file" in owner.refused("lamp")
