"""A new version of a plugin that fails is undone by the node itself; one that works is kept."""
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
from bundles import Author, source
from node import Harvester, command

POLLS = 5
# Works as a candidate, which polls once, and for a while after it took over.
FAILS_LATER = """count = 0

def poll():
    global count
    count += 1
    if count > 3:
        raise ValueError("the sensor of version 2")
    return {"value": 2}
"""
DIES_LATER = """import time

count = 0

def poll():
    global count
    count += 1
    while count > 3:
        pass
    return {"value": 2}
"""
ONE_POLL_FAILS = """count = 0

def poll():
    global count
    count += 1
    if count in (3, 5):
        raise OSError("no acknowledge")
    return {"value": 2}
"""
FALLS_SILENT = """count = 0

def poll():
    global count
    count += 1
    return {"value": 2} if count == 1 else None
"""
FAILS_AT_ONCE = "def poll():\n    raise ValueError('the sensor of version 2')\n"


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who writes plugins."""
    return Author(tmp_path / "author")


@pytest.fixture
def changes(author: Author) -> dict[str, Any]:
    """Of the configuration."""
    return {"updates": {"trusted_keys": [author.key.text()], "probation_polls": POLLS},
            "polling": {"deadline_seconds": 1}}


def install(plugins: Path, path: Path) -> None:
    """On the node that runs."""
    result = command("plugin", "install", path, "--plugins", plugins)
    assert result.returncode == 0, result.stderr


def first_version(node: Harvester, plugins: Path, author: Author) -> None:
    """Installed, and good."""
    install(plugins, author.bundle(1))
    node.wait_for_log("lamp: version 1.0 has passed its probation")


def versions(plugins: Path) -> dict[str, str]:
    """Why each version is quarantined, "" if it is not."""
    result = command("plugin", "versions", "lamp", "--plugins", plugins, "--json")
    assert result.returncode == 0, result.stderr
    return {one["version"]: one["bad"] for one in json.loads(result.stdout)["versions"]}


def test_good_version(start: Callable[..., Harvester], plugins: Path, author: Author, changes: dict[str, Any]) -> None:
    """It passes, and the API shows it."""
    node = start(changes)
    first_version(node, plugins, author)
    install(plugins, author.bundle(2))
    node.wait_for_log("lamp: version 2.0 is on probation for 5 polls")
    node.wait_for_log("lamp: version 2.0 has passed its probation")
    bundle = node.wait_until("the API shows it", lambda: (shown := node.plugin("lamp")["bundle"])["on_probation"] or shown)
    assert bundle["version"] == "2.0" and bundle["waiting"] is None


@pytest.mark.parametrize("text,reason", [(FAILS_LATER, "the sensor of version 2"), (DIES_LATER, "deadline|took longer|killed"),
                                         (FAILS_AT_ONCE, "the sensor of version 2"), (FALLS_SILENT, "returned no readings")],
                         ids=["fails later", "dies later", "fails at once", "falls silent"])
def test_bad_version(start: Callable[..., Harvester], plugins: Path, author: Author, changes: dict[str, Any],
                     text: str, reason: str) -> None:
    """Back to the last good version by itself; the bad one is quarantined with its reason."""
    node = start(changes)
    first_version(node, plugins, author)
    bad = author.bundle(2, text=text)
    install(plugins, bad)
    said = node.wait_for_log(r"lamp: the new version failed its probation and is quarantined \((.*)\); back to version 1.0")
    assert re.search(reason, said[1]), said[1]
    node.wait_until("the files are the old ones", lambda: (plugins / "lamp" / "plugin.py").read_text() == source(1))
    node.wait_for_data("lamp", "is 1 again", lambda data: data.get("value") == 1)
    quarantined = versions(plugins)
    assert re.search(reason, quarantined["2.0"]) and not quarantined["1.0"]
    rolled_back = node.plugin("lamp")["bundle"]["rolled_back"]
    assert rolled_back == {"version": "2.0", "reason": quarantined["2.0"]}
    assert "harvester_bundles_rolled_back_total 1\n" in node.get("/metrics").decode()
    result = command("plugin", "install", bad, "--plugins", plugins)
    assert result.returncode == 1 and "is quarantined" in result.stderr
    install(plugins, author.bundle(3))
    node.wait_for_log("lamp: version 3.0 has passed its probation")
    assert node.plugin("lamp")["bundle"]["rolled_back"] is None


def test_polls_that_fail_once(start: Callable[..., Harvester], plugins: Path, author: Author, changes: dict[str, Any]) -> None:
    """Two of the three polls that may not fail: a disturbed bus undoes no good version."""
    node = start(changes)
    first_version(node, plugins, author)
    install(plugins, author.bundle(2, text=ONE_POLL_FAILS))
    node.wait_for_log("lamp: 1 of 2 polls that may fail while version 2.0 is on probation")
    node.wait_for_log("lamp: 2 of 2 polls that may fail")
    node.wait_for_log("lamp: version 2.0 has passed its probation")
    assert versions(plugins) == {"2.0": "", "1.0": ""}


def test_one_poll_that_fails_where_none_may(start: Callable[..., Harvester], plugins: Path, author: Author,
                                            changes: dict[str, Any]) -> None:
    """`probation_failures = 1`."""
    node = start({**changes, "updates": {**changes["updates"], "probation_failures": 1}})
    first_version(node, plugins, author)
    install(plugins, author.bundle(2, text=ONE_POLL_FAILS))
    node.wait_for_log(r"quarantined \(OSError: no acknowledge .*; back to version 1.0")


def test_one_death(start: Callable[..., Harvester], plugins: Path, author: Author, changes: dict[str, Any]) -> None:
    """Is enough, however many polls may fail."""
    node = start({**changes, "updates": {**changes["updates"], "probation_failures": 1000}})
    first_version(node, plugins, author)
    install(plugins, author.bundle(2, text=DIES_LATER))
    node.wait_for_log("lamp: the new version failed its probation")
    assert len(node.log("lamp: starts again in")) <= 1


def test_leftovers_are_swept(start: Callable[..., Harvester], plugins: Path, author: Author, changes: dict[str, Any]) -> None:
    """A bundle that a kill has left without a record is gone after the next start, and the last good one is not."""
    node = start(changes)
    first_version(node, plugins, author)
    node.process.kill()
    node.process.wait()
    files = plugins.parent / "data" / "bundles" / "files"
    before = sorted(files.iterdir())
    (files / f"{'0' * 64}.bundle").write_bytes(b"x")
    start(changes).wait_for_log("bundles: removed 1 leftover files of interrupted installations")
    assert sorted(files.iterdir()) == before


def test_switch_of_a_killed_command(start: Callable[..., Harvester], plugins: Path, author: Author,
                                    changes: dict[str, Any]) -> None:
    """The command was killed between its record and the files: the running node finishes its work."""
    node = start(changes)
    first_version(node, plugins, author)
    install(plugins, author.bundle(2))
    node.wait_for_log("lamp: version 2.0 has passed its probation")
    (plugins / "lamp" / "plugin.py").write_text(source(1))
    (plugins / "lamp" / "bundle.toml").write_text('version = "1.0"\ncounter = 1\n')
    record = plugins.parent / "data" / "bundles" / "lamp.json"
    known = json.loads(record.read_text())
    new = record.with_name("new")
    new.write_text(json.dumps({**known, "switching": True}))
    new.chmod(0o600)
    new.rename(record)
    node.wait_until("it is done", lambda: not json.loads(record.read_text())["switching"])
    assert (plugins / "lamp" / "plugin.py").read_text() == source(2)
    node.wait_for_data("lamp", "is 2", lambda data: data.get("value") == 2)


def test_owners_edit_on_the_api(start: Callable[..., Harvester], plugins: Path, author: Author,
                                changes: dict[str, Any]) -> None:
    """A file that the owner changes after the installation is named."""
    node = start(changes)
    first_version(node, plugins, author)
    assert node.plugin("lamp")["bundle"]["changed_here"] is None
    (plugins / "lamp" / "plugin.py").write_text(source(7))
    node.wait_for_data("lamp", "is 7", lambda data: data.get("value") == 7)
    node.wait_until("it is shown", lambda: node.plugin("lamp")["bundle"]["changed_here"] == "plugin.py")


def test_owners_edit_after_an_update(start: Callable[..., Harvester], plugins: Path, author: Author,
                                     changes: dict[str, Any]) -> None:
    """The folder of the new version is another one than the node watched before, and is watched too."""
    node = start(changes)
    first_version(node, plugins, author)
    install(plugins, author.bundle(2))
    node.wait_for_log("lamp: version 2.0 has passed its probation")
    (plugins / "lamp" / "plugin.py").write_text(source(7))
    node.wait_for_data("lamp", "is 7", lambda data: data.get("value") == 7)


def test_first_version_that_fails(start: Callable[..., Harvester], plugins: Path, author: Author,
                                  changes: dict[str, Any]) -> None:
    """There is nothing to go back to: it stays, and fails as any plugin does."""
    node = start(changes)
    install(plugins, author.bundle(1, text=FAILS_LATER))
    node.wait_for_error("lamp")
    install(plugins, author.bundle(2))
    node.wait_for_log("lamp: version 2.0 has passed its probation")
    assert versions(plugins) == {"2.0": "", "1.0": ""}


def test_restart_during_probation(start: Callable[..., Harvester], plugins: Path, author: Author,
                                  changes: dict[str, Any]) -> None:
    """It is on probation again after a restart, and still goes back."""
    node = start(changes)
    first_version(node, plugins, author)
    node.process.kill()
    node.process.wait()
    result = command("plugin", "install", author.bundle(2, text=FAILS_LATER), "--plugins", plugins, "--data",
                     plugins.parent / "data", "--config", plugins.parent / "config.toml")
    assert result.returncode == 0, result.stderr
    again = start(changes)
    again.wait_for_log("lamp: the new version failed its probation")
    again.wait_for_data("lamp", "is 1 again", lambda data: data.get("value") == 1)


def test_wider_request_on_the_api(start: Callable[..., Harvester], plugins: Path, author: Author,
                                  changes: dict[str, Any]) -> None:
    """The page has the difference in words; its approval switches."""
    node = start({**changes, "permissions": {"auto_approve": False}})
    first_version(node, plugins, author)
    install(plugins, author.bundle(2, "allow_gpio = [5]\n"))
    waiting = node.wait_until("a version waits", lambda: node.plugin("lamp")["bundle"]["waiting"])
    assert waiting["version"] == "2.0" and waiting["new"] == ["GPIO5"], waiting
    assert node.data("lamp")["value"] == 1
    status, _ = node.post("/api/v1/plugins/lamp/approve", {"digest": waiting["request_digest"]})
    assert status < 300
    node.wait_for_data("lamp", "is 2", lambda data: data.get("value") == 2)


