"""A hub and its nodes that take part in roll-outs, as real programs."""
import subprocess
from pathlib import Path
from typing import Any

from bundles import Key
from node import PATIENCE, Harvester, Sections, command, simulated
from pairing import folder_of, invite, join

POLLS = 2
NODES = ("attic", "barn", "cellar")


class House:
    """A hub and its nodes, each with folders of its own, which can be stopped and started."""

    def __init__(self, folder: Path, key: Key, names: tuple[str, ...] = NODES) -> None:
        """Nothing runs yet. All trust `key`, unless `keys` says otherwise."""
        self.folder, self.key, self.names = folder, key, names
        self.running: dict[str, Harvester] = {}
        self.keys: dict[str, Key] = {}
        self.changes: dict[str, Sections] = {}
        self.port = 0

    def config(self, name: str) -> str:
        """Of the hub or a node."""
        cluster = {"node_id": name, "role": "hub"} if name == "hub" else {"node_id": name}
        key = self.keys.get(name, self.key)
        return simulated({"cluster": cluster, "history": {"commit_seconds": 0.2}, "leds": {"count": 0, "gpio_pin": -1},
                          "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}, "polling": {"interval_seconds": 0.2},
                          "updates": {"trusted_keys": [key.text()], "probation_polls": POLLS},
                          "http": {"connections_per_address": 1024}, **self.changes.get(name, {})})

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
        for name in self.names:
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

    def wait_for_state(self, state: str, seconds: float = PATIENCE * 2) -> dict[str, Any]:
        """Of the newest roll-out."""
        return self.hub.wait_until(f"the roll-out is {state}: {self.rollout()}",
                                   lambda: self.rollout()["state"] == state and self.rollout(), seconds)

    def wait_for_nodes(self, expected: dict[str, str]) -> None:
        """Of some nodes."""
        self.hub.wait_until(f"the nodes are {expected}", lambda: expected.items() <= self.states().items(), PATIENCE * 2)
