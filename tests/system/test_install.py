"""`harvester plugin install`, `versions`, `rollback`, `remove`: on a node that runs, and on one that does not."""
import http.server
import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from bundles import Author, Key, Owner, source, write_plugin
from node import PROGRAM, Harvester, command, simulated


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who writes plugins."""
    return Author(tmp_path / "author")


@pytest.fixture
def owner(tmp_path: Path, plugins: Path, author: Author) -> Owner:
    """Trusts the author; approves by hand."""
    return Owner(tmp_path, plugins, {"updates": {"trusted_keys": [author.key.text()]},
                                     "permissions": {"auto_approve": False}})


def test_install_and_go_back(owner: Owner, author: Author) -> None:
    """Each version is kept; what is in the folder is one of them, whole."""
    for counter in (1, 2):
        assert "is installed" in owner.install(author.bundle(counter))
        assert owner.code() == source(counter)
    assert [one["version"] for one in owner.versions()["versions"]] == ["2.0", "1.0"]
    result = owner.give("plugin", "rollback", "lamp")
    assert result.returncode == 0 and "1.0" in result.stdout, result.stderr
    assert owner.code() == source(1)
    assert not [path for path in owner.plugins.iterdir() if path.name.startswith(".")]


def test_remove(owner: Owner, author: Author) -> None:
    """The plugin goes; what was seen of it stays, so that an old version does not come back."""
    owner.install(author.bundle(2))
    assert owner.give("plugin", "remove", "lamp").returncode == 0
    assert owner.code() == "" and not (owner.plugins / "lamp").exists()
    assert "counter 1" in owner.refused(author.bundle(1))
    owner.install(author.bundle(2))
    assert owner.code() == source(2)


def test_older_version(owner: Owner, author: Author) -> None:
    """A downgrade: signed, and yet refused. So is another bundle with the counter that was seen."""
    owner.install(author.bundle(5))
    assert "counter 4, but this node has seen 5" in owner.refused(author.bundle(4))
    again = author.bundle(5, text=source(55))
    assert "has seen 5 by the same key" in owner.refused(again)


def test_refusal_counts_nothing(owner: Owner, author: Author) -> None:
    """A version that was refused for the owner's edit leaves no trace: an older one can still come."""
    owner.install(author.bundle(1))
    owner.plugins.joinpath("lamp", "plugin.py").write_text("changed = 1\n")
    owner.refused(author.bundle(3))
    owner.plugins.joinpath("lamp", "plugin.py").write_text(source(1))
    owner.install(author.bundle(2))
    assert owner.code() == source(2)


def test_keys_have_counters_of_their_own(tmp_path: Path, plugins: Path, author: Author) -> None:
    """A key that leaked and signed a huge counter does not keep the other key's fix out."""
    fix = Key(author.folder, "fix")
    owner = Owner(tmp_path, plugins, {"updates": {"trusted_keys": [author.key.text(), fix.text()]}})
    owner.install(author.bundle(9007199254740991))
    owner.install(author.bundle(2, key=fix))
    assert owner.code() == source(2)


def test_key_for_another_name(tmp_path: Path, plugins: Path, author: Author) -> None:
    """A key that may sign only some plugins."""
    keys = '[{key = "%s", names = ["door"]}]' % author.key.text()
    owner = Owner(tmp_path, plugins, {})
    owner.config.write_text(simulated() + f"[updates]\ntrusted_keys = {keys}\n")
    assert "may not sign the plugin lamp" in owner.refused(author.bundle(1))
    owner.config.write_text(simulated() + f"[updates]\ntrusted_keys = {keys.replace('door', 'lamp')}\n")
    owner.install(author.bundle(1))


def test_expired(owner: Owner, author: Author) -> None:
    """This machine's clock is later than the program's file, so it is believed."""
    assert "expired at 2020-01-01" in owner.refused(author.bundle(1, label='expires = "2020-01-01"\n'))
    owner.install(author.bundle(2, label='expires = "2037-01-01"\n'))


def test_newer_program_needed(owner: Owner, author: Author) -> None:
    """The least version of harvester."""
    assert "needs harvester 99.1" in owner.refused(author.bundle(1, label='host = "99.1"\n'))


def test_unsigned(owner: Owner, author: Author) -> None:
    """Only where the owner says so."""
    path = author.bundle(1)
    Path(f"{path}.minisig").unlink()
    assert "has no signature" in owner.refused(path)
    owner.config.write_text(simulated({"updates": {"require_signature": False}}))
    owner.install(path)
    assert owner.versions()["versions"][0]["key"] == "unsigned"


def test_changed_here(owner: Owner, author: Author) -> None:
    """The owner's edit is shown and not overwritten; with --force it is kept beside."""
    owner.install(author.bundle(1))
    (owner.plugins / "lamp" / "plugin.py").write_text("mine = 1\n")
    assert owner.versions()["changed_here"] == "plugin.py"
    assert "changed here" in owner.refused(author.bundle(2))
    assert owner.give("plugin", "rollback", "lamp").returncode == 1
    assert owner.give("plugin", "remove", "lamp").returncode == 1
    owner.install(author.bundle(2), "--force")
    assert owner.code() == source(2)
    assert (owner.plugins / ".lamp.changed-here" / "plugin.py").read_text() == "mine = 1\n"


def test_single_file_of_the_owner(owner: Owner, author: Author) -> None:
    """It would run in the place of the installed version, so --force puts it aside too."""
    (owner.plugins / "lamp.py").write_text("mine = 1\n")
    assert "as .lamp.changed-here.py beside it" in owner.refused(author.bundle(1))
    assert (owner.plugins / "lamp.py").exists() and not (owner.plugins / "lamp").exists()
    owner.install(author.bundle(1), "--force")
    assert not (owner.plugins / "lamp.py").exists() and (owner.plugins / "lamp" / "plugin.py").exists()
    assert (owner.plugins / ".lamp.changed-here.py").read_text() == "mine = 1\n"


def test_plugin_of_the_owner(owner: Owner, author: Author) -> None:
    """A plugin that no bundle brought is not overwritten either."""
    write_plugin(owner.plugins / "lamp", "mine = 1\n")
    assert "a plugin of your own" in owner.refused(author.bundle(1))
    owner.install(author.bundle(1), "--force")
    assert (owner.plugins / ".lamp.changed-here" / "plugin.py").read_text() == "mine = 1\n"


def test_wider_request_waits(owner: Owner, author: Author) -> None:
    """The old version goes on until the owner agrees to what is new, which is shown in words."""
    owner.install(author.bundle(1, "allow_gpio = [4]\n"))
    assert owner.give("plugin", "approve", "lamp", "--yes").returncode == 0
    text = owner.install(author.bundle(2, "allow_gpio = [4, 5]\n"))
    assert "waits for approval" in text and "GPIO5" in text and "GPIO4" not in text, text
    assert owner.code() == source(1)
    assert owner.give("plugin", "approve", "lamp", "--yes").returncode == 0
    assert owner.code() == source(2)


def test_damaged_store(owner: Owner, author: Author) -> None:
    """A bundle that was changed in the store is not used."""
    for counter in (1, 2):
        owner.install(author.bundle(counter))
    old = owner.versions()["versions"][1]["digest"]
    (owner.data / "bundles" / "files" / f"{old}.bundle").write_bytes(b"x")
    result = owner.give("plugin", "rollback", "lamp")
    assert result.returncode == 1 and "was changed or is damaged" in result.stderr
    assert owner.code() == source(2)


def test_damaged_record(owner: Owner, author: Author) -> None:
    """Nothing is forgotten silently."""
    owner.install(author.bundle(1))
    (owner.data / "bundles" / "lamp.json").write_text("{")
    assert "is damaged" in owner.refused(author.bundle(2))


def test_running_node(start: Callable[..., Harvester], plugins: Path, author: Author) -> None:
    """The new version takes over without a restart."""
    node = start({"updates": {"trusted_keys": [author.key.text()]}})
    for counter in (1, 2):
        result = command("plugin", "install", author.bundle(counter), "--plugins", plugins)
        assert result.returncode == 0, result.stderr
        node.wait_for_data("lamp", f"is {counter}", lambda data: data.get("value") == counter)


class Slow(http.server.BaseHTTPRequestHandler):
    """Serves a folder; breaks the first answers off in the middle."""

    folder: Path
    breaks: list[int]
    ranges: list[str]

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """With ranges."""
        path = self.folder / self.path.lstrip("/")
        if not path.exists():
            self.send_error(404)
            return
        content = path.read_bytes()
        first = 0
        if "Range" in self.headers:
            self.ranges.append(self.headers["Range"])
            first = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        content = content[first:]
        if self.breaks and path.suffix == ".bundle":
            content = content[:self.breaks.pop()]
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Not."""


@pytest.fixture
def server(author: Author) -> Iterator[str]:
    """The author's folder on loopback, breaking off twice."""
    handler = type("Handler", (Slow,), {"folder": author.folder, "breaks": [700, 900], "ranges": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as own:
        threading.Thread(target=own.serve_forever, daemon=True).start()
        own.ranges = handler.ranges  # type: ignore[attr-defined]
        yield f"http://127.0.0.1:{own.server_port}"
        assert handler.ranges in ([], ["bytes=900-", "bytes=1600-"])
        own.shutdown()


def test_download(owner: Owner, author: Author, server: str) -> None:
    """A broken download goes on where it stopped, and leaves nothing behind."""
    author.bundle(1)
    owner.install(f"{server}/lamp-1.bundle")
    assert owner.code() == source(1)
    assert not list((owner.data / "bundles").glob("*.download*"))


def test_download_that_is_not_there(owner: Owner, server: str) -> None:
    """404."""
    assert "the server answered with HTTP status 404" in owner.refused(f"{server}/door.bundle")


@pytest.mark.parametrize("url", ["http://example.org/lamp.bundle", "http://127.0.0.1.example.org/lamp.bundle",
                                 "http://localhost@example.org/lamp.bundle"])
def test_download_over_plain_http(owner: Owner, url: str) -> None:
    """Only from this machine itself."""
    assert "over https" in owner.refused(url)


KILLS = int(os.environ.get("HARVESTER_INSTALL_KILLS", "30"))


@pytest.mark.parametrize("words", [["install", "lamp-2.bundle"], ["rollback", "lamp"], ["remove", "lamp"]])
def test_an_interrupted_switch_is_finished_first(owner: Owner, author: Author, words: list[str]) -> None:
    """The record says the new version, and the folder still has the old one."""
    owner.install(author.bundle(1))
    old = [(path, path.read_bytes()) for path in (owner.plugins / "lamp").iterdir()]
    owner.install(author.bundle(2))
    for path, content in old:
        path.write_bytes(content)
    record = owner.data / "bundles" / "lamp.json"
    known = json.loads(record.read_text())
    assert known["switching"] is False
    record.write_text(json.dumps({**known, "switching": True}))
    done = owner.give("plugin", words[0], author.folder / words[1] if words[0] == "install" else words[1])
    assert done.returncode == 0, done.stderr
    assert owner.code() == {"install": source(2), "rollback": source(1), "remove": ""}[words[0]]


def test_kills(owner: Owner, author: Author) -> None:
    """SIGKILL at any moment of an installation: the old or the new version, whole, and the next goes well."""
    owner.install(author.bundle(1))
    current = 1
    for number in range(KILLS):
        path = author.bundle(2 + number)
        words = [PROGRAM, "plugin", "install", path, "--data", owner.data, "--config", owner.config,
                 "--plugins", owner.plugins]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait((number % 15) / 300)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        assert owner.code() in (source(current), source(2 + number))
        owner.install(path)
        current = 2 + number
        assert owner.code() == source(current)
        assert owner.versions()["changed_here"] is None
