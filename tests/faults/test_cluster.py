"""A cluster under random faults: three nats-servers in network namespaces, three members beside them, and a checker.

The clock's jumps are not among the faults: a time namespace moves the clocks that count only, not the date.

HARVESTER_SEED repeats the draws of a run, HARVESTER_FAULTS says how many faults there are.
"""
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable

import disks
import pytest
from nats_servers import Server, program
from networks import Network, are_possible
from node import COUNTER, Harvester, simulated

pytestmark = pytest.mark.skipif(not program().exists() or not are_possible(),
                                reason="needs nats-server (tools/setup-cluster) and root, for network namespaces")

FAULTS = int(os.environ.get("HARVESTER_FAULTS", "10"))
SEED = int(os.environ.get("HARVESTER_SEED", "0")) or random.randrange(1, 1 << 30)
NAMES = ("attic", "cellar", "shed")
# For all to be well again after the last fault: elections, the servers' own repair, and the nodes' catching up.
HEALING = 180.0

Sample = tuple[float, float, str, int]  # asked, answered, node, term: at some moment between, the node led


class Watch:
    """Asks all nodes again and again whether they lead, and keeps the answers."""

    def __init__(self, nodes: dict[str, Harvester]) -> None:
        """`nodes` may be changed meanwhile."""
        self.nodes = nodes
        self.samples: list[Sample] = []
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=[name]) for name in nodes]
        for thread in self.threads:
            thread.start()

    def run(self, name: str) -> None:
        """Of one node. One that is dead or paused gives no answer."""
        while not self.ends.wait(0.1):
            asked = time.monotonic()
            try:
                with urllib.request.urlopen(self.nodes[name].address + "/api/v1/cluster", timeout=10) as answer:
                    leader = json.load(answer)["leader"]
            except (OSError, ValueError, urllib.error.URLError):
                continue
            if leader["is_self"]:
                self.samples.append((asked, time.monotonic(), name, leader["term"]))

    def end(self) -> None:
        """No more questions."""
        self.ends.set()
        for thread in self.threads:
            thread.join()

    def check(self) -> None:
        """A term belongs to one node, and whoever leads later has no lower term."""
        owners: dict[int, str] = {}
        for _, _, name, term in self.samples:
            assert owners.setdefault(term, name) == name, f"{name} and {owners[term]} both led with term {term}"
        by_answer = sorted(self.samples, key=lambda sample: sample[1])
        by_question = sorted(self.samples)
        highest, place = (0, ""), 0
        for asked, _, name, term in by_question:
            while place < len(by_answer) and by_answer[place][1] < asked:
                highest = max(highest, (by_answer[place][3], by_answer[place][2]))
                place += 1
            assert term >= highest[0], f"{name} led with term {term} after {highest[1]} had led with {highest[0]}"


class World:
    """The servers, the nodes, and what can happen to them."""

    def __init__(self, folder: Path, network: Network) -> None:
        """`folder` has all that they store."""
        self.folder, self.network = folder, network
        clients = [f"{network.address(i)}:4222" for i in range(3)]
        routes = {f"s{i + 1}": f"{network.address(i)}:6222" for i in range(3)}
        self.servers = [Server(folder / f"s{i + 1}", f"s{i + 1}", clients[i], routes, network.names[i]) for i in range(3)]
        # Each server's store is a disk of its own, so that its power can be cut.
        self.disks = {server.name: disks.Disk(server.folder / "store") for server in self.servers
                      } if disks.are_possible() else {}
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()
        # The log as a hub outside of the cluster has read it: by node, stream and sequence.
        self.copy: dict[str, dict[tuple[str, int], Any]] = {}
        self.identity, self.after = "", 0
        self.nodes: dict[str, Harvester] = {}
        for name in NAMES:
            self.start_node(name)

    def start_node(self, name: str) -> None:
        """Its nearest server is its own; it knows the others."""
        folder, first = self.folder / name, NAMES.index(name)
        (folder / "plugins").mkdir(parents=True, exist_ok=True)
        (folder / "plugins" / "counter.py").write_text(COUNTER)
        urls = [server.url for server in self.servers[first:] + self.servers[:first]]
        node = Harvester(folder, simulated({
            "cluster": {"node_id": name, "engine": "nats", "urls": urls, "replicas": 3},
            "history": {"commit_seconds": 0.2}}))
        node.__enter__()  # it ends with the test: see end()
        self.nodes[name] = node

    def end(self) -> None:
        """Kill everything; what had to be checked has been."""
        for node in self.nodes.values():
            node.process.kill()
            node.process.wait()
        for server in self.servers:
            server.kill()
        for disk in self.disks.values():
            disk.unmount()

    # The faults. Each makes itself undone.

    def kill_server(self, draw: random.Random) -> str:
        """SIGKILL, then a start on the same store."""
        server = draw.choice(self.servers)
        server.kill()
        time.sleep(draw.uniform(0, 5))
        server.start()
        return server.name

    def pause_server(self, draw: random.Random) -> str:
        """Long enough for an election, or not."""
        server, seconds = draw.choice(self.servers), draw.uniform(0.5, 12)
        server.signal(signal.SIGSTOP)
        time.sleep(seconds)
        server.signal(signal.SIGCONT)
        return f"{server.name} for {seconds:.1f} s"

    def part_servers(self, draw: random.Random) -> str:
        """One of them and the two others hear nothing of each other."""
        lonely, seconds = draw.randrange(3), draw.uniform(1, 12)
        for other in {0, 1, 2} - {lonely}:
            self.network.lose(lonely, other)
            self.network.lose(other, lonely)
        time.sleep(seconds)
        self.network.heal()
        return f"{self.servers[lonely].name} for {seconds:.1f} s"

    def deafen_server(self, draw: random.Random) -> str:
        """One direction between two servers is lost."""
        (sender, receiver), seconds = draw.sample(range(3), 2), draw.uniform(1, 12)
        self.network.lose(sender, receiver)
        time.sleep(seconds)
        self.network.heal()
        return f"{self.servers[sender].name} to {self.servers[receiver].name} for {seconds:.1f} s"

    def cut_nodes_off(self, draw: random.Random) -> str:
        """No node hears anything of one server, which thinks that all is well."""
        server, seconds = draw.randrange(3), draw.uniform(1, 12)
        self.network.lose(server, -1)
        time.sleep(seconds)
        self.network.heal()
        return f"{self.servers[server].name} for {seconds:.1f} s"

    def kill_node(self, draw: random.Random) -> str:
        """SIGKILL, then a start on the same data folder."""
        name = draw.choice(NAMES)
        self.nodes[name].process.kill()
        self.nodes[name].process.wait()
        time.sleep(draw.uniform(0, 3))
        self.start_node(name)
        return name

    def pause_node(self, draw: random.Random) -> str:
        """Longer than the lease, or not."""
        name, seconds = draw.choice(NAMES), draw.uniform(0.5, 8)
        self.nodes[name].process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.nodes[name].process.send_signal(signal.SIGCONT)
        return f"{name} for {seconds:.1f} s"

    def wipe_server(self, draw: random.Random) -> str:
        """Its store is gone, as with a new card."""
        server = draw.choice(self.servers)
        server.kill()
        if server.name in self.disks:
            self.disks[server.name].unmount()
            self.disks[server.name].make()
        else:
            server.forget()
        server.start()
        return server.name

    def cut_power(self, draw: random.Random) -> str:
        """A server's board loses its power: its store has what was flushed, and nothing else."""
        server = draw.choice(self.servers)
        server.signal(signal.SIGSTOP)
        kept = self.disks[server.name].remember()
        server.kill()
        self.disks[server.name].go_back(kept)
        server.start()
        return server.name

    def cut_all_power(self, _draw: random.Random) -> str:
        """All boards lose it at once."""
        for server in self.servers:
            server.signal(signal.SIGSTOP)
        kept = {server.name: self.disks[server.name].remember() for server in self.servers}
        for server in self.servers:
            server.kill()
            self.disks[server.name].go_back(kept[server.name])
            server.start()
        return "all"

    def fill_disk(self, draw: random.Random) -> str:
        """A server's disk is full for a while."""
        server, seconds = draw.choice(self.servers), draw.uniform(2, 10)
        weight = server.folder / "store" / "weight"
        with open(weight, "wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass
        time.sleep(seconds)
        weight.unlink()
        # A server whose disk was full leaves JetStream off until it is started again, as a service is by hand.
        server.kill()
        server.start()
        return f"{server.name} for {seconds:.1f} s"

    def flip_bit(self, draw: random.Random) -> str:
        """In a file of messages of one server."""
        server = draw.choice(self.servers)
        server.kill()
        blocks = sorted(path for path in (server.folder / "store").rglob("*.blk") if path.stat().st_size)
        if blocks:
            path = draw.choice(blocks)
            data = bytearray(path.read_bytes())
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            path.write_bytes(data)
        server.start()
        return server.name

    def faults(self) -> list[Callable[[random.Random], str]]:
        """All of them."""
        return [self.kill_server, self.pause_server, self.part_servers, self.deafen_server, self.cut_nodes_off,
                self.kill_node, self.pause_node, self.wipe_server, self.flip_bit,
                *([self.cut_power, self.cut_all_power, self.fill_disk] if self.disks else [])]

    # What has to be true when all is well again

    def cluster(self, name: str) -> dict[str, Any]:
        """What a node says of its cluster."""
        return self.nodes[name].get_json("/api/v1/cluster")

    def history(self, name: str, of: str) -> dict[tuple[str, int], Any]:
        """Readings of the node `of` in the history of `name`, by stream and sequence."""
        found: dict[tuple[str, int], Any] = {}
        after = ""
        while True:
            page = self.nodes[name].get_json(
                f"/api/v1/history?node={of}&sensor=counter&resolution=raw&limit=1000{after}")
            for reading in page["readings"]:
                key = (reading["stream"], reading["sequence"])
                assert key not in found, f"{name} has {key} of {of} twice"
                found[key] = reading["data"]
            if not page["next"]:
                return found
            after = f"&after={page['next']}"

    def read_log(self) -> None:
        """Take what is new in the log as a hub outside of the cluster does; another log is read from its beginning."""
        while True:
            page = self.nodes[NAMES[0]].get_json(f"/api/v1/log?after={self.after}&limit=64")
            if page["log"] != self.identity:
                self.identity, self.after, self.copy = page["log"], 0, {name: {} for name in NAMES}
                continue
            for message in page["messages"]:
                for reading in message["readings"]:
                    if reading["sensor"] == "counter":
                        key = (message["stream"], reading["sequence"])
                        assert self.copy[message["node"]].setdefault(key, reading["data"]) == reading["data"]
            if len(page["messages"]) < 8:
                return
            self.after = page["next"]

    def is_well(self) -> bool:
        """All nodes are ready and none has more to send or to read."""
        for name in NAMES:
            state = self.cluster(name)
            if state["state"] != "ready" or state["log"]["lag"] > 3:
                return False
        return True

    def difference(self) -> str:
        """What is missing of the readings that each node has now: in the histories of others, or in the log. Empty if nothing
        is, perhaps after some seconds.
        """
        own = {name: self.history(name, name) for name in NAMES}
        wanted = {(name, of) for name in ("the log", *NAMES) for of in NAMES if name != of}
        deadline = time.monotonic() + 20
        while True:
            self.read_log()
            missing = {}
            for name, of in sorted(wanted):
                found = self.copy[of] if name == "the log" else self.history(name, of)
                lacking = [key for key, data in own[of].items() if found.get(key) != data]
                if lacking:
                    missing[name, of] = lacking
            wanted = set(missing)
            if not wanted or time.monotonic() > deadline:
                return "; ".join(f"{name} lacks {len(keys)} of {len(own[of])} readings of {of}, the first {min(keys)}, "
                                 f"the last {max(keys)}" for (name, of), keys in missing.items())
            time.sleep(1)


def test_random_faults(tmp_path: Path) -> None:
    """Nothing that a node measured is lost or doubled, and there is never more than one leader."""
    print(f"seed {SEED}")
    draw = random.Random(SEED)
    with Network(3) as network:
        world = World(tmp_path, network)
        watch = Watch(world.nodes)
        try:
            for number in range(FAULTS):
                fault = draw.choice(world.faults())
                print(f"{number + 1}: {fault.__name__} {fault(draw)}", flush=True)
                time.sleep(draw.uniform(0, 4))
            deadline = time.monotonic() + HEALING
            while problem := world.difference() if world.is_well() else "not all nodes are ready and up to date":
                assert time.monotonic() < deadline, problem + json.dumps({name: world.cluster(name) for name in NAMES})
                time.sleep(1)
            for name in NAMES:
                node = world.nodes[name]
                assert len(world.history(name, name)) > 10, node.tail("it measured nothing")
            print({name: world.cluster(name)["read"] | world.cluster(name)["published"] for name in NAMES})
        finally:
            watch.end()
            world.end()
        assert watch.samples, "nobody led"
        watch.check()
        terms = {term for _, _, _, term in watch.samples}
        print(f"{len(watch.samples)} samples of leaders, {len(terms)} terms")
