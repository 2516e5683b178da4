"""Roll-outs: a hub brings a version of a plugin to its nodes, group after group, and does not have to be trusted."""
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from bundles import Key, write_plugin
from many_nodes import roll_out_to_many
from node import command
from rollout_kills import Kills
from rollouts import NODES, House
from test_install import Author, source

FAILS = "def poll():\n    raise ValueError('the sensor of this version')\n"


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Whom all trust."""
    return Author(tmp_path / "author")


@pytest.fixture
def house(tmp_path: Path, author: Author) -> Iterator[House]:
    """All run, and know each other."""
    made = House(tmp_path, author.key)
    made.start("hub")
    for name in NODES:
        made.start(name)
    made.all_know()
    yield made
    for name in [*made.running]:
        made.stop(name)


def reason_of(rollout: dict[str, Any], name: str) -> str:
    """Of a node's state."""
    return next(node["reason"] for node in rollout["nodes"] if node["node"] == name)


def test_rollout(house: House, author: Author) -> None:
    """Group after group, each once, over a restart of the hub; then it is undone."""
    house.order("start", author.bundle(1), "--all", "--groups", "1,rest")
    first = house.wait_for_state("done")
    assert first["released"] == 2 and set(house.states().values()) == {"good"}
    assert all(node["bytes"] == first["size"] for node in first["nodes"])
    for name in NODES:
        house.running[name].wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    house.order("start", author.bundle(2), "--nodes", "attic, cellar", "--groups", "1,1")
    house.wait_for_nodes({"attic": "good"})
    house.kill("hub")
    house.start("hub")
    second = house.wait_for_state("done")
    assert second["version"] == "2.0" and [node["node"] for node in second["nodes"]] == ["attic", "cellar"]
    for name, value in (("attic", 2), ("barn", 1), ("cellar", 2)):
        house.running[name].wait_for_data("lamp", "changed", lambda data, value=value: data.get("value") == value)
    assert "done" in house.order("status").stdout
    house.order("undo", "lamp")
    house.wait_for_state("undone")
    assert "back to version 1.0" in reason_of(house.rollout(), "cellar")
    house.running["cellar"].wait_for_data("lamp", "is 1 again", lambda data: data.get("value") == 1)
    house.order("pause", "lamp", code=1)


def alert_of(house: House) -> dict[str, Any]:
    """The ready-made alert about roll-outs that are paused."""
    return next(one for one in house.hub.get_json("/api/v1/alerts")["alerts"] if one["name"] == "rollout-paused")


def test_failure_pauses(house: House, author: Author) -> None:
    """The first group goes back by itself; no other node gets the version; the fixed one replaces it. An alert says so."""
    house.order("start", author.bundle(1), "--all", "--groups", "rest")
    house.wait_for_state("done")
    house.order("start", author.bundle(2, text=FAILS), "--all", "--groups", "1,rest")
    paused = house.wait_for_state("paused")
    assert "attic: rolled back" in paused["reason"] and "the sensor of this version" in paused["reason"]
    assert house.states() == {"attic": "rolled back", "barn": "pending", "cellar": "pending"}
    assert paused["nodes"][1]["bytes"] == 0
    house.hub.wait_for_log("rollout-paused fires: the roll-out of lamp is paused, since nodes failed")
    assert [(one["subject"], one["state"]) for one in alert_of(house)["subjects"]] == [("lamp", "firing")]
    since_ms = alert_of(house)["subjects"][0]["since_ms"]
    house.running["attic"].wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    house.kill("hub")
    house.start("hub")
    house.wait_for_state("paused")
    assert house.states()["barn"] == "pending"
    assert alert_of(house)["subjects"][0]["since_ms"] == since_ms  # it did not end meanwhile
    house.order("start", author.bundle(3), "--all")
    house.wait_for_state("done")
    house.hub.wait_until("the alert has ended", lambda: alert_of(house)["state"] == "ok")
    assert [one["state"] for one in house.hub.get_json("/api/v1/rollouts")["rollouts"]] == ["done", "replaced", "done"]


def test_node_that_was_away(house: House, author: Author) -> None:
    """It goes to the newest version at once."""
    house.stop("barn")
    for counter in (1, 2):
        house.order("start", author.bundle(counter), "--all", "--groups", "rest")
        house.wait_for_nodes({"attic": "good", "cellar": "good"})
    assert house.states()["barn"] == "pending" and house.rollout()["state"] == "running"
    barn = house.start("barn")
    house.wait_for_state("done")
    barn.wait_for_data("lamp", "is 2", lambda data: data.get("value") == 2)
    assert not barn.log("rolls out lamp 1.0") and barn.log("rolls out lamp 2.0")


def test_many_nodes(tmp_path: Path) -> None:
    """Eight, of which two fail and two are away, and a hub that is killed; tests/faults has fifty."""
    roll_out_to_many(tmp_path, 8, failing=2, away=2)


def test_hub_that_is_not_trusted(house: House, author: Author) -> None:
    """The node's own keys and its own memory decide."""
    house.order("start", author.bundle(1), "--all", "--groups", "rest")
    house.wait_for_state("done")
    other = Key(author.folder, "other")
    house.stop("attic")
    house.keys["attic"] = other
    house.start("attic")
    before = house.folder / "before"
    house.stop("hub")
    shutil.copytree(house.folder / "hub" / "data", before)
    house.start("hub")
    # A key that the node does not know.
    house.order("start", author.bundle(2), "--nodes", "attic")
    paused = house.wait_for_state("paused")
    assert "does not trust" in reason_of(paused, "attic")
    # Another bundle than the announced one.
    house.stop("barn")
    house.order("start", author.bundle(3), "--nodes", "barn,cellar", "--groups", "1,rest")
    digest = house.rollout()["digest"]
    stored = house.folder / "hub" / "data" / "rollouts" / f"{digest}.bundle"
    stored.write_bytes(stored.read_bytes().replace(b"3", b"4"))
    barn = house.start("barn")
    paused = house.wait_for_state("paused")
    assert "SHA-256" in reason_of(paused, "barn")
    barn.wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    # An old desired state, played again.
    house.order("start", author.bundle(5), "--nodes", "cellar")
    house.wait_for_state("done")
    house.stop("cellar")
    house.stop("hub")
    data = house.folder / "hub" / "data"
    old = json.loads((before / "rollouts" / "rollouts.json").read_text())
    for node in old["rollouts"][0]["nodes"]:
        node["state"] = "offered"
    old["rollouts"][0]["state"] = "running"
    (data / "rollouts" / "rollouts.json").write_text(json.dumps(old))
    house.start("hub")
    cellar = house.start("cellar")
    cellar.wait_for_log("the hub's desired state of lamp .version 1.0. is refused: it is old")
    paused = house.wait_for_state("paused")
    assert "it is old" in reason_of(paused, "cellar")
    cellar.wait_for_data("lamp", "is 5", lambda data: data.get("value") == 5)
    assert "harvester_updates_refused_total 1\n" in cellar.get("/metrics").decode()


def push(house: House, author: Author, folder: Path) -> subprocess.CompletedProcess[str]:
    """Through the hub to two of its nodes."""
    return command("push", folder, "--key", author.key.secret, "--hub", house.hub.address, "--nodes", "attic,cellar")


def test_push_through_the_hub(house: House, author: Author, tmp_path: Path) -> None:
    """Until it runs there, or the traceback is here."""
    folder = write_plugin(tmp_path / "desk" / "lamp", source(1))
    result = push(house, author, folder)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "runs on all nodes" in result.stdout
    for name in ("attic", "cellar"):
        house.running[name].wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    house.wait_for_state("done")
    write_plugin(folder, FAILS)
    result = push(house, author, folder)
    assert result.returncode == 1 and "the new version failed on" in result.stderr, result.stdout + result.stderr
    assert "Traceback" in result.stdout and "plugin.py" in result.stdout, result.stdout
    result = command("push", folder, "--key", author.key.secret, "--hub", house.hub.address)
    assert result.returncode == 2 and "--nodes" in result.stderr


def test_kills_of_the_hub(tmp_path: Path) -> None:
    """At random moments of roll-outs; many more of them in tests/faults."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    print(Kills(tmp_path, seed).run(5))
