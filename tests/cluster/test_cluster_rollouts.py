"""Roll-outs of a cluster, with real nats-servers: the plan is the cluster's, and its leader moves it on."""
import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from boards import Board, Boards
from bundles import Author, Key
from nats_servers import Servers, program
from nats_wire import Client
from node import COUNTER, Harvester, command, simulated
from pairing import folder_of, invite, join

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

NAMES = ("attic", "barn", "cellar")
FAILS = "def poll():\n    raise ValueError('the sensor of this version')\n"
PLAN = "$KV.harvester_rollouts.plan"
# A lease of 4 s, and some reads of the plan and the reports.
LONG = 90.0


class Team:
    """Three members, each with folders of its own, which can be killed and started."""

    def __init__(self, path: Path, key: Key, servers: Servers) -> None:
        """All run, and see each other."""
        self.path, self.key, self.servers = path, key, servers
        self.keys: dict[str, Key] = {}
        self.running: dict[str, Harvester] = {}
        for name in NAMES:
            self.start(name)
        for node in self.running.values():
            node.wait_until("it sees all", lambda node=node: set(NAMES) <= {
                other["node"] for other in node.get_json("/api/v1/nodes")["nodes"]}, LONG)

    def start(self, name: str) -> Harvester:
        """Again, or for the first time."""
        folder = folder_of(self.path, name)
        node = Harvester(folder, simulated({
            "cluster": {"node_id": name, "engine": "nats", "urls": self.servers.urls, "replicas": len(self.servers.all)},
            "history": {"commit_seconds": 0.2}, "leds": {"count": 0, "gpio_pin": -1}, "buzzer": {"gpio_pin": -1},
            "fan": {"gpio_pin": -1}, "polling": {"interval_seconds": 0.2},
            "updates": {"trusted_keys": [self.keys.get(name, self.key).text()], "probation_polls": 2}}))
        self.running[name] = node.__enter__()
        return node

    def kill(self, name: str) -> None:
        """As a power cut does."""
        self.running.pop(name).__exit__(RuntimeError)

    def order(self, on: str, *words: str | Path) -> None:
        """A command on a member."""
        folder = self.path / on
        result = command("rollout", *words, "--data", folder / "data", "--config", folder / "config.toml")
        assert result.returncode == 0, result.stdout + result.stderr

    def any(self) -> Harvester:
        """One that runs."""
        return next(iter(self.running.values()))

    def leader(self) -> str:
        """Who leads, by its own view."""
        def find() -> str | None:
            return next((name for name, node in self.running.items()
                         if node.get_json("/api/v1/cluster")["leader"]["is_self"]), None)
        return self.any().wait_until("somebody leads", find, LONG)

    def wait_for_state(self, on: str, state: str, version: str = "") -> dict[str, Any]:
        """Of the newest roll-out, as this member knows it."""
        def find() -> dict[str, Any] | None:
            found = self.running[on].get_json("/api/v1/rollouts")["rollouts"]
            return found[0] if found and found[0]["state"] == state and version in found[0]["version"] else None
        return self.running[on].wait_until(f"the roll-out is {state}", find, LONG)

    def value(self, name: str) -> int | None:
        """What the plugin of the roll-out says there. A member's table has the readings of the others, too."""
        found = {reading["sensor_id"]: reading["data"] for reading in self.running[name].get_json("/api/v1/readings")["readings"]}
        return found.get(f"{name}:lamp", {}).get("value")

    def wait_for_value(self, name: str, value: int) -> None:
        """Until the plugin of the roll-out says so there."""
        self.running[name].wait_until(f"lamp is {value}", lambda: self.value(name) == value, LONG)


def states(rollout: dict[str, Any]) -> dict[str, str]:
    """Of the nodes."""
    return {node["node"]: node["state"] for node in rollout["nodes"]}


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Whom all trust."""
    return Author(tmp_path / "author")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Three."""
    with Servers(tmp_path, 3) as made:
        yield made


@pytest.fixture
def team(tmp_path: Path, author: Author, servers: Servers) -> Iterator[Team]:
    """Three members."""
    made = Team(tmp_path, author.key, servers)
    yield made
    for node in made.running.values():
        node.__exit__(None)


def test_the_next_leader_goes_on(team: Team, author: Author) -> None:
    """Started on one that does not lead, group after group; the leader is killed between two groups, and comes back."""
    first = team.leader()
    other = next(name for name in NAMES if name != first)
    order = [name for name in NAMES if name != first] + [first]
    team.order(other, "start", author.bundle(1), "--nodes", ",".join(order), "--groups", "1,1,1")
    team.running[other].wait_until("the first group has it", lambda: states(
        team.running[other].get_json("/api/v1/rollouts")["rollouts"][0])[order[0]] == "good", LONG)
    team.kill(first)
    for name in order[:2]:
        team.wait_for_value(name, 1)
    assert team.leader() != first
    running = team.wait_for_state(other, "running")
    assert states(running)[first] != "good"
    team.start(first)
    done = team.wait_for_state(first, "done")
    assert set(states(done).values()) == {"good"}
    team.wait_for_value(first, 1)
    team.order(first, "undo", "lamp")
    team.wait_for_state(other, "undone")


def test_a_failure_pauses_it(team: Team, author: Author) -> None:
    """The version fails on the first node, which goes back by itself; nobody else gets it. Any member aborts it."""
    team.order("attic", "start", author.bundle(1), "--all", "--groups", "rest")
    team.wait_for_state("barn", "done")
    team.order("barn", "start", author.bundle(2, text=FAILS), "--nodes", "attic,barn,cellar", "--groups", "1,rest")
    paused = team.wait_for_state("cellar", "paused", "2.0")
    assert "attic: rolled back" in paused["reason"] and "the sensor of this version" in paused["reason"]
    assert states(paused) == {"attic": "rolled back", "barn": "pending", "cellar": "pending"}
    team.wait_for_value("attic", 1)
    team.wait_for_state("barn", "paused", "2.0")
    team.order("barn", "abort", "lamp")
    team.wait_for_state("attic", "aborted", "2.0")
    for name in ("barn", "cellar"):
        assert team.value(name) == 1


def test_a_cluster_that_is_not_trusted(team: Team, author: Author, servers: Servers) -> None:
    """An old plan, played again, is refused and counted by each node; so is a bundle whose author one does not trust."""
    team.kill("cellar")
    team.keys["cellar"] = Key(author.folder, "other")
    team.start("cellar")
    team.order("attic", "start", author.bundle(1), "--nodes", "attic,barn,cellar", "--groups", "rest", "--pause-on", "3",
               "--success", "50%")
    for name in ("attic", "barn"):
        team.wait_for_value(name, 1)
    done = team.wait_for_state("attic", "done")
    assert states(done) == {"attic": "good", "barn": "good", "cellar": "refused"}
    assert team.value("cellar") is None
    client = Client(servers.all[0].host, servers.all[0].port)
    old = client.request("$JS.API.STREAM.MSG.GET.KV_harvester_rollouts", json.dumps({"last_by_subj": PLAN}))["message"]["data"]
    team.order("barn", "start", author.bundle(2), "--nodes", "attic,barn", "--groups", "rest")
    team.wait_for_state("barn", "done", "2.0")
    for name in ("attic", "barn"):
        team.wait_for_value(name, 2)
    plan = json.loads(base64.b64decode(old))
    for rollout in plan["rollouts"]:
        rollout["state"] = "running"
        for node in rollout["nodes"]:
            node["state"] = "offered"
    assert client.request(PLAN, json.dumps(plan))["seq"]
    client.close()
    for name in ("attic", "barn"):
        team.running[name].wait_for_log("warning rollouts: the cluster's desired state of lamp .version 1.0. is refused: it is old")
        assert team.value(name) == 2
        assert "harvester_updates_refused_total" in team.running[name].get("/metrics").decode()


def test_with_the_servers_permissions(tmp_path: Path, author: Author) -> None:
    """Members that were admitted by grants may do all of this, and a hub among them relays its spoke."""
    with Boards(tmp_path, 1) as boards, ExitStack() as stack:
        garden = Board(tmp_path / "garden", "garden")
        garden.join(boards[0])
        updates = {"updates": {"trusted_keys": [author.key.text()], "probation_polls": 2}, "polling": {"interval_seconds": 0.2}}
        attic = stack.enter_context(boards[0].node({**updates, "cluster": {"node_id": "unnamed", "role": "hub"}}))
        other = stack.enter_context(garden.node(updates))
        folder = folder_of(tmp_path, "shed")
        (folder / "plugins").mkdir()
        (folder / "plugins" / "counter.py").write_text(COUNTER)
        join(folder, invite(tmp_path / "attic", attic.address, "shed"))
        stack.enter_context(Harvester(folder, simulated({"cluster": {"node_id": "shed"}, "history": {"commit_seconds": 0.2}})))
        other.wait_until("it has readings of the hub's spoke", lambda: other.get_json(
            "/api/v1/history?node=shed&sensor=counter&resolution=raw&limit=9")["readings"], LONG)
        other.wait_until("it sees the other member", lambda: len(other.get_json("/api/v1/nodes")["nodes"]) == 2, LONG)
        done = command("rollout", "start", author.bundle(1), "--nodes", "attic,garden", "--data", garden.data, "--config",
                       tmp_path / "garden" / "config.toml")
        assert done.returncode == 0, done.stdout + done.stderr
        other.wait_until("it is done", lambda: other.get_json("/api/v1/rollouts")["rollouts"][0]["state"] == "done", LONG)
        for node in (attic, other):
            seen = node.get_json("/api/v1/cluster")
            assert seen["published"]["denied"] == 0 and seen["reason"] is None
