"""A roll-out to many real nodes: on some the version fails, some are away, and the hub is killed meanwhile."""
import os
import random
import time
from pathlib import Path

from bundles import Key, write_plugin
from node import Harvester, command
from rollouts import House

SECONDS = 300.0  # for the whole of a roll-out on a machine that does other things too
FAILS = {"permissions": {"auto_approve": True}, "plugins.lamp.settings": {"fails": True}}
ORDER = ("--all", "--groups", "1,25%,rest", "--success", "40%")
PLUGIN = """import json

from wit_world.imports import settings

FAILS = json.loads(settings.get_all()).get("fails")


def poll():
    if FAILS and VERSION > 1:
        raise ValueError("this node cannot run it")
    return {"value": VERSION}
"""


def bundle(folder: Path, key: Key, version: int) -> Path:
    """Which fails on some nodes from version 2 on."""
    plugin = write_plugin(folder / str(version) / "lamp", f"VERSION = {version}\n" + PLUGIN, "",
                          f'version = "{version}.0"\ncounter = {version}\n')
    path = folder / f"lamp-{version}.bundle"
    assert command("bundle", "build", plugin, "-o", path).returncode == 0
    key.sign(path)
    return path


def memory_kb(node: Harvester) -> int:
    """The proportional share of a daemon's own process."""
    with open(f"/proc/{node.process.pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


class ManyNodes:
    """So many nodes, of which some fail and some are away."""

    def __init__(self, folder: Path, count: int, failing: int, away: int) -> None:
        self.seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
        print(f"seed {self.seed}")
        self.folder, self.key = folder, Key(folder, "author")
        self.names = tuple(f"node{i:02}" for i in range(count))
        draw = random.Random(self.seed)
        # Not so many of the first two groups that the second cannot reach its quota.
        self.failing = draw.sample(self.names[2:], failing)
        self.away = draw.sample([name for name in self.names[2 + count // 4:] if name not in self.failing], away)
        self.house = House(folder, self.key, self.names)
        self.house.changes = {name: FAILS for name in self.failing}

    def start(self) -> None:
        """All nodes run version 1; then some go away."""
        house = self.house
        for name in ("hub", *self.names):
            house.start(name)
        house.all_know()
        house.order("start", bundle(self.folder, self.key, 1), "--all", "--groups", "rest")
        house.hub.wait_until("version 1 is everywhere", lambda: house.rollout()["state"] == "done", SECONDS)
        for name in self.away:
            house.stop(name)

    def expected(self, away: str) -> dict[str, str]:
        """What the hub has to say of each node."""
        return {name: "rolled back" if name in self.failing else away if name in self.away else "good" for name in self.names}

    def release(self, version: int, kill: bool) -> None:
        """Order a version, and wait until all that are here have finished with it; the hub is killed meanwhile."""
        house = self.house
        house.order("start", bundle(self.folder, self.key, version), *ORDER, "--pause-on", str(len(self.failing) + 1))
        if kill:
            house.hub.wait_until("some have it", lambda: [*house.states().values()].count("good") >= 3, SECONDS)
            house.kill("hub")
            house.start("hub")
        expected = self.expected("pending")
        house.hub.wait_until(f"those that are here have finished (seed {self.seed})", lambda: house.states() == expected, SECONDS)

    def come_back(self, newest: int) -> None:
        """Those that were away get the newest version, and none between."""
        for name in self.away:
            self.house.start(name)
        self.house.wait_for_state("done", SECONDS)
        assert self.house.states() == self.expected("good"), f"seed {self.seed}"
        for name in self.away:
            assert not self.house.running[name].log(f"rolls out lamp {newest - 1}.0"), f"{name}, seed {self.seed}"

    def check(self, newest: int) -> None:
        """What the hub says of each node is what the node runs; each fetched the bundle once."""
        for name in self.names:
            value = 1 if name in self.failing else newest
            self.house.running[name].wait_for_data("lamp", f"is {value}", lambda data, value=value: data.get("value") == value)
        once = [node["bytes"] for node in self.house.rollout()["nodes"]]
        assert max(once) == self.house.rollout()["size"], once

    def end(self) -> None:
        """Nothing runs any more."""
        for name in [*self.house.running]:
            self.house.running.pop(name).__exit__(RuntimeError)


def roll_out_to_many(folder: Path, count: int, failing: int, away: int) -> None:
    """All that can run the newest version do; those on which it fails run the old one; the hub's truth is that of the nodes."""
    many = ManyNodes(folder, count, failing, away)
    try:
        many.start()
        begin = time.monotonic()
        many.release(2, kill=True)
        many.release(3, kill=False)
        many.come_back(3)
        print(f"{count} nodes, {failing} failing, {away} away, hub killed once, two versions: {time.monotonic() - begin:.1f} s; hub "
              f"{memory_kb(many.house.hub)} kB, a node {memory_kb(many.house.running[many.away[0]])} kB")
        many.check(3)
    finally:
        many.end()
