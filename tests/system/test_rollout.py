"""Roll-outs: a hub brings a version of a plugin to its nodes, group after group, and does not have to be trusted."""
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from bundles import Key
from node import PATIENCE, Harvester, command, simulated
from test_hub import folder_of, invite, join
from test_install import Author, source

POLLS = 2
NODES = ("attic", "barn", "cellar")
FAILS = "def poll():\n    raise ValueError('the sensor of this version')\n"


class House:
    """A hub and its nodes, each with folders of its own, which can be stopped and started."""

    def __init__(self, folder: Path, author: Author) -> None:
        """Nothing runs yet."""
        self.folder, self.author = folder, author
        self.running: dict[str, Harvester] = {}
        self.keys: dict[str, Key] = {}
        self.port = 0

    def config(self, name: str) -> str:
        """Of the hub or a node; all trust the author, unless `keys` says otherwise."""
        cluster = {"node_id": name, "role": "hub"} if name == "hub" else {"node_id": name}
        key = self.keys.get(name, self.author.key)
        return simulated({"cluster": cluster, "history": {"commit_seconds": 0.2}, "leds": {"count": 0, "gpio_pin": -1},
                          "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}, "polling": {"interval_seconds": 0.2},
                          "updates": {"trusted_keys": [key.text()], "probation_polls": POLLS}})

    def start(self, name: str) -> Harvester:
        """The hub keeps its port, so that the nodes find it again."""
        folder = folder_of(self.folder, name)
        plugins = folder_of(folder, "plugins")
        if name != "hub" and not (folder / "data").exists():
            join(folder, invite(self.folder / "hub", self.hub.address, name))
        listen = ("--listen", f"127.0.0.1:{self.port}") if name == "hub" and self.port else ()
        node = Harvester(folder, self.config(name), plugins, listen)
        self.running[name] = node.__enter__()
        if name == "hub":
            self.port = int(node.address.rsplit(":", 1)[1])
        return node

    def stop(self, name: str) -> None:
        """In order."""
        self.running.pop(name).__exit__(None)

    def kill(self, name: str) -> None:
        """As a power cut does."""
        self.running.pop(name).__exit__(RuntimeError)

    @property
    def hub(self) -> Harvester:
        """While it runs."""
        return self.running["hub"]

    def all_know(self) -> None:
        """The hub has heard of every node."""
        for name in NODES:
            self.hub.wait_for_log(f"{name}: has connected")

    def order(self, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """A command on the hub."""
        folder = self.folder / "hub"
        result = command("rollout", *words, "--data", folder / "data", "--config", folder / "config.toml")
        assert result.returncode == code, result.stdout + result.stderr
        return result

    def rollout(self) -> dict[str, Any]:
        """The newest one."""
        return self.hub.get_json("/api/v1/rollouts")["rollouts"][0]

    def states(self) -> dict[str, str]:
        """Of the nodes."""
        return {node["node"]: node["state"] for node in self.rollout()["nodes"]}

    def wait_for_state(self, state: str) -> dict[str, Any]:
        """Of the newest roll-out."""
        return self.hub.wait_until(f"the roll-out is {state}: {self.rollout()}",
                                   lambda: self.rollout()["state"] == state and self.rollout(), PATIENCE * 2)

    def wait_for_nodes(self, expected: dict[str, str]) -> None:
        """Of some nodes."""
        self.hub.wait_until(f"the nodes are {expected}", lambda: expected.items() <= self.states().items(), PATIENCE * 2)

    def values(self) -> dict[str, Any]:
        """What the plugin of each node returns."""
        return {name: node.data("lamp").get("value") for name, node in self.running.items() if name != "hub"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """All run, and know each other."""
    made = House(tmp_path, Author(tmp_path / "author"))
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


def test_rollout(house: House) -> None:
    """Group after group, each once, over a restart of the hub; then it is undone."""
    house.order("start", house.author.bundle(1), "--all", "--groups", "1,rest")
    first = house.wait_for_state("done")
    assert first["released"] == 2 and set(house.states().values()) == {"good"}
    assert all(node["bytes"] == first["size"] for node in first["nodes"])
    for name in NODES:
        house.running[name].wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    house.order("start", house.author.bundle(2), "--nodes", "attic, cellar", "--groups", "1,1")
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


def test_failure_pauses(house: House) -> None:
    """The first group goes back by itself; no other node gets the version; the fixed one replaces it."""
    house.order("start", house.author.bundle(1), "--all", "--groups", "rest")
    house.wait_for_state("done")
    house.order("start", house.author.bundle(2, text=FAILS), "--all", "--groups", "1,rest")
    paused = house.wait_for_state("paused")
    assert "attic: rolled back" in paused["reason"] and "the sensor of this version" in paused["reason"]
    assert house.states() == {"attic": "rolled back", "barn": "pending", "cellar": "pending"}
    assert paused["nodes"][1]["bytes"] == 0
    house.running["attic"].wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    house.kill("hub")
    house.start("hub")
    house.wait_for_state("paused")
    assert house.states()["barn"] == "pending"
    house.order("start", house.author.bundle(3), "--all")
    house.wait_for_state("done")
    assert [one["state"] for one in house.hub.get_json("/api/v1/rollouts")["rollouts"]] == ["done", "replaced", "done"]


def test_node_that_was_away(house: House) -> None:
    """It goes to the newest version at once."""
    house.stop("barn")
    for counter in (1, 2):
        house.order("start", house.author.bundle(counter), "--all", "--groups", "rest")
        house.wait_for_nodes({"attic": "good", "cellar": "good"})
    assert house.states()["barn"] == "pending" and house.rollout()["state"] == "running"
    barn = house.start("barn")
    house.wait_for_state("done")
    barn.wait_for_data("lamp", "is 2", lambda data: data.get("value") == 2)
    assert not barn.log("rolls out lamp 1.0") and barn.log("rolls out lamp 2.0")


def test_hub_that_is_not_trusted(house: House) -> None:
    """The node's own keys and its own memory decide."""
    house.order("start", house.author.bundle(1), "--all", "--groups", "rest")
    house.wait_for_state("done")
    other = Key(house.author.folder, "other")
    house.stop("attic")
    house.keys["attic"] = other
    house.start("attic")
    before = house.folder / "before"
    house.stop("hub")
    shutil.copytree(house.folder / "hub" / "data", before)
    house.start("hub")
    # A key that the node does not know.
    house.order("start", house.author.bundle(2), "--nodes", "attic")
    paused = house.wait_for_state("paused")
    assert "does not trust" in reason_of(paused, "attic")
    # Another bundle than the announced one.
    house.stop("barn")
    house.order("start", house.author.bundle(3), "--nodes", "barn,cellar", "--groups", "1,rest")
    digest = house.rollout()["digest"]
    stored = house.folder / "hub" / "data" / "rollouts" / f"{digest}.bundle"
    stored.write_bytes(stored.read_bytes().replace(b"3", b"4"))
    barn = house.start("barn")
    paused = house.wait_for_state("paused")
    assert "SHA-256" in reason_of(paused, "barn")
    barn.wait_for_data("lamp", "is 1", lambda data: data.get("value") == 1)
    # An old desired state, played again.
    house.order("start", house.author.bundle(5), "--nodes", "cellar")
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
