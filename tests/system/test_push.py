"""`harvester push` and POST /api/v1/bundles: from the author's folder to a running node."""
import base64
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from bundles import Author, Key, source, write_plugin
from node import PATIENCE, PROGRAM, Harvester, command


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who writes plugins."""
    return Author(tmp_path / "author")


@pytest.fixture
def node(start: Callable[..., Harvester], author: Author) -> Harvester:
    """Trusts the author."""
    return start({"updates": {"trusted_keys": [author.key.text()]}})


def upload(path: Path, signature: bool = True) -> dict[str, Any]:
    """The body of a request."""
    body = {"bundle": base64.b64encode(path.read_bytes()).decode()}
    if signature:
        body["signature"] = base64.b64encode(Path(f"{path}.minisig").read_bytes()).decode()
    return body


def test_upload(node: Harvester, author: Author) -> None:
    """What comes over the API is installed as from a file."""
    status, answer = node.post("/api/v1/bundles", upload(author.bundle(1)))
    assert status == 200 and answer["name"] == "lamp" and answer["version"] == "1.0", answer
    node.wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    status, answer = node.post("/api/v1/bundles", upload(author.bundle(1)))
    assert status == 200 and answer["already_installed"]


def test_uploads_that_are_refused(node: Harvester, author: Author, plugins: Path) -> None:
    """The node's own keys decide, whoever sends it."""
    other = Key(author.folder, "other")
    path = author.bundle(2)
    for body, status, says in [
            (upload(path, False), 409, "has no signature"),
            (upload(author.bundle(3, key=other)), 409, "does not trust"),
            ({"bundle": "!!!!"}, 400, "base64"),
            ({"bundle": base64.b64encode(b"x").decode()}, 409, "has no signature"),
            ({"bundle": "A" * 60004}, 400, "60000"),
            ({}, 400, "bundle")]:
        code, answer = node.post("/api/v1/bundles", body)
        assert code == status and says in answer["detail"], (code, answer)
    assert not list(plugins.iterdir())
    metrics = node.get("/metrics").decode()
    assert "harvester_bundles_refused_total 3\n" in metrics and "harvester_bundles_installed_total 0\n" in metrics


def push(author: Author, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """To the node that runs."""
    return command("push", folder, "--key", author.key.secret, *words)


def test_push(node: Harvester, author: Author, tmp_path: Path, plugins: Path) -> None:
    """Build, sign, send, and follow the log until it runs."""
    for value, words in enumerate((("--plugins", plugins), ("--to", node.address)), 1):
        folder = write_plugin(tmp_path / "desk" / "lamp", source(value))
        result = push(author, folder, *words)
        assert result.returncode == 0, result.stderr
        assert "lamp 0 runs" in result.stdout, result.stdout
        node.wait_for_data("lamp", f"is {value}", lambda data, value=value: data.get("value") == value)
    result = push(author, folder, "--to", node.address)
    assert result.returncode == 0 and "nothing has changed" in result.stdout, result.stderr


def test_push_of_a_fault(node: Harvester, author: Author, tmp_path: Path) -> None:
    """The author sees the traceback; the old version goes on."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1))
    assert push(author, folder, "--to", node.address).returncode == 0
    write_plugin(folder, "def poll():\n    raise ValueError('no such threshold')\n")
    result = push(author, folder, "--to", node.address)
    assert result.returncode == 1 and "no such threshold" in result.stdout, result.stdout
    assert "plugin.py" in result.stdout
    node.wait_for_data("lamp", "is still 1", lambda data: data.get("value") == 1)


def test_push_without_trust(node: Harvester, author: Author, tmp_path: Path) -> None:
    """The node's reason is shown."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1))
    result = command("push", folder, "--key", Key(author.folder, "other").secret, "--to", node.address)
    assert result.returncode == 1 and "does not trust" in result.stderr


def test_push_of_too_much(node: Harvester, author: Author, tmp_path: Path) -> None:
    """What to do instead."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1) + "#" * 60000)
    result = push(author, folder, "--to", node.address)
    assert result.returncode == 1 and "plugin install" in result.stderr


def test_token_over_http(author: Author, tmp_path: Path) -> None:
    """Not to another machine."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1))
    (tmp_path / "token").write_text("secret")
    result = push(author, folder, "--to", "http://example.org", "--token-file", tmp_path / "token")
    assert result.returncode == 1 and "use https" in result.stderr


@pytest.fixture
def watching(node: Harvester, author: Author, tmp_path: Path) -> Iterator[Path]:
    """`push --watch` of a folder."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1))
    words = [PROGRAM, "push", folder, "--key", author.key.secret, "--to", node.address, "--watch"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield folder
        assert process.poll() is None
        process.terminate()
        process.wait(PATIENCE)


def test_watch(node: Harvester, watching: Path) -> None:
    """Each save is a new version, also one in a package, and after a fault."""
    node.wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    write_plugin(watching, source(2))
    node.wait_for_data("lamp", "is 2", lambda data: data.get("value") == 2)
    write_plugin(watching, "def poll(:\n")
    node.wait_for_log("lamp: the new version failed")
    write_plugin(watching, source(3))
    node.wait_for_data("lamp", "is 3", lambda data: data.get("value") == 3)
