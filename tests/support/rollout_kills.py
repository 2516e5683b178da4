"""Kills of a hub at random moments of its roll-outs, over three nodes, and whether it tells the truth afterwards."""
import random
import time
from pathlib import Path
from typing import Any

from bundles import Key, write_plugin
from node import command
from rollouts import NODES, House

PATIENCE = 120.0  # for a roll-out without a kill, on a machine that does other things too
SPAN = 2.5  # seconds: a kill comes at a random moment of so many after the hub's start; a roll-out takes about as long


class Kills:
    """The house, the roll-outs so far, and in which state of theirs the hub was killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.draw = folder, random.Random(seed)
        self.key = Key(folder, "author")
        self.house = House(folder, self.key)
        self.version, self.kills = 0, 0
        self.moments: dict[str, int] = {}

    def bundle(self) -> Path:
        """The next version: a lamp that shows it."""
        self.version += 1
        number = self.version
        plugin = write_plugin(self.folder / str(number) / "lamp", f"def poll():\n    return {{'value': {number}}}\n", "",
                              f'version = "{number}"\ncounter = {number}\n')
        path = self.folder / f"lamp-{number}.bundle"
        assert command("bundle", "build", plugin, "-o", path).returncode == 0
        self.key.sign(path)
        return path

    def runs(self, name: str) -> tuple[str, bool]:
        """Which version a node runs, and whether on probation; ("", False) before the first one."""
        for plugin in self.house.running[name].get_json("/api/v1/plugins"):
            if plugin["name"] == "lamp" and plugin["bundle"]:
                return plugin["bundle"]["version"], plugin["bundle"]["on_probation"]
        return "", False

    def judge(self, number: int) -> dict[str, Any]:
        """The roll-out is there, what the hub says of the nodes is true, and none was ahead of its turn."""
        rollout = self.house.rollout()
        assert (rollout["number"], rollout["version"]) == (number, str(self.version)), rollout
        assert rollout["state"] in ("running", "done"), rollout
        # From the last group to the first, so that what goes on meanwhile cannot look wrong.
        shown = {node["node"]: node["state"] for node in rollout["nodes"]}
        running = {name: self.runs(name) for name in reversed(NODES)}
        for before, name in zip(NODES, NODES[1:]):
            assert running[name][0] != str(self.version) or running[before] == (str(self.version), False), running
        for name in NODES:
            assert shown[name] != "good" or running[name] == (str(self.version), False), (shown, running)
        return rollout

    def moment(self) -> str:
        """How far the roll-out is: the states of the nodes."""
        return ", ".join(node["state"] for node in self.house.rollout()["nodes"])

    def one_rollout(self, kills: int) -> None:
        """Until it is done on all nodes, with at most so many kills of the hub meanwhile."""
        house = self.house
        house.order("start", self.bundle(), "--all", "--groups", "1,1,1")
        number = house.rollout()["number"]
        while kills:
            time.sleep(self.draw.uniform(0, SPAN))
            if house.rollout()["state"] != "running":
                break
            moment = self.moment()
            house.kill("hub")
            self.moments[moment] = self.moments.get(moment, 0) + 1
            self.kills += 1
            kills -= 1
            house.start("hub")
            self.judge(number)
        house.wait_for_state("done", PATIENCE)
        rollout = self.judge(number)
        assert {node["state"] for node in rollout["nodes"]} == {"good"}, rollout
        for name in NODES:
            house.running[name].wait_for_data("lamp", "it is the new one", lambda data: data.get("value") == self.version)

    def run(self, kills: int) -> str:
        """So many kills, over as many roll-outs as that takes; says where they hit."""
        try:
            self.house.start("hub")
            for name in NODES:
                self.house.start(name)
            self.house.all_know()
            while self.kills < kills:
                self.one_rollout(min(self.draw.randint(1, 6), kills - self.kills))
        finally:
            for name in [*self.house.running]:
                self.house.kill(name)
        where = "\n".join(f"  {count:3} while {moment}" for moment, count in sorted(self.moments.items()))
        return f"{self.kills} kills of the hub in {self.version} roll-outs\n{where}"
