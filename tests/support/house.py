"""A hub and its spokes as real processes, with a road of its own between the hub and each spoke.

Where network namespaces may be made, each node has one and a road is a pair of virtual Ethernet devices;
elsewhere all are on the loopback address and a road is a small forwarder. Either way a road can be cut, and
made slow. Clocks jump by libfaketime, where it is installed.
"""
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import node as harness

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
PORT = 3000
COUNTER = """
import time

count = 0


def poll():
    global count
    count += 1
    return {"sensor_id": "counter", "count": count, "noise": (count * 7919) % 1000 / 10}
"""


def clock_of(file: Path) -> dict[str, str]:
    """The environment of a program whose clock is off by so many seconds as `file` says: "+0", "-60"."""
    return {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if FAKETIME else {}


def run(*words: str) -> None:
    """A command that has to work."""
    subprocess.run(words, check=True, capture_output=True)


def may_make_namespaces() -> bool:
    """Whether this user and this kernel do it."""
    if os.geteuid() != 0:
        return False
    name = f"hv{os.getpid()}t"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Wires:
    """A road made of a pair of virtual Ethernet devices between two namespaces."""

    def __init__(self, house: "House", number: int) -> None:
        self.space, self.hub_space = f"{house.prefix}s{number}", f"{house.prefix}h"
        self.device = f"{house.prefix}w{number}"
        self.address = f"10.77.{number}.1"
        run("ip", "netns", "add", self.space)
        run("ip", "link", "add", self.device, "netns", self.space, "type", "veth", "peer", "name", self.device,
            "netns", self.hub_space)
        for space, address in ((self.hub_space, self.address), (self.space, f"10.77.{number}.2")):
            run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", self.device)
            run("ip", "-n", space, "link", "set", self.device, "up")
            run("ip", "-n", space, "link", "set", "lo", "up")
        self.url = f"http://{self.address}:{PORT}"
        self.prefix = ["ip", "netns", "exec", self.space]

    def cut(self) -> None:
        """Nothing passes."""
        run("ip", "-n", self.space, "link", "set", self.device, "down")

    def mend(self) -> None:
        """All passes, at full speed."""
        run("ip", "-n", self.space, "link", "set", self.device, "up")
        subprocess.run(["tc", "-n", self.space, "qdisc", "del", "dev", self.device, "root"], capture_output=True,
                       check=False)

    def slow(self) -> None:
        """At some kilobytes a second."""
        subprocess.run(["tc", "-n", self.space, "qdisc", "replace", "dev", self.device, "root", "tbf", "rate", "64kbit",
                        "burst", "4kb", "latency", "800ms"], capture_output=True, check=False)

    def remove(self) -> None:
        """The namespace, and with it the wires."""
        subprocess.run(["ip", "netns", "del", self.space], capture_output=True, check=False)


class Forwarder:
    """A road over the loopback address."""

    CHUNK = 2048

    def __init__(self, house: "House", number: int) -> None:
        self.house = house
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.prefix: list[str] = []
        self.is_cut, self.pause = False, 0.0
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            try:
                if self.is_cut:
                    raise ConnectionError
                far = socket.create_connection(("127.0.0.1", self.house.hub_port), timeout=5)
            except OSError:
                near.close()
                continue
            self.pairs.add((near, far))
            for start, end in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(start, end), daemon=True).start()

    def _carry(self, start: socket.socket, end: socket.socket) -> None:
        try:
            while data := start.recv(self.CHUNK):
                time.sleep(self.pause)
                end.sendall(data)
        except OSError:
            pass
        for each in (start, end):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self) -> None:
        """Nothing passes, and what was open ends."""
        self.is_cut = True
        for near, far in list(self.pairs):
            for each in (near, far):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()

    def mend(self) -> None:
        """All passes, at full speed."""
        self.is_cut, self.pause = False, 0.0

    def slow(self) -> None:
        """In small pieces, each late."""
        self.pause = 0.1

    def remove(self) -> None:
        """No more."""
        self.cut()
        self.server.close()


class Node:
    """One node of the house: a folder, and at most one process."""

    def __init__(self, house: "House", name: str, role: str, prefix: list[str]) -> None:
        self.house, self.name, self.prefix = house, name, prefix
        self.folder = house.folder / name
        self.data = self.folder / "data"
        self.plugins = self.folder / "plugins"
        self.plugins.mkdir(parents=True)
        self.log = self.folder / "log"
        self.clock = self.folder / "clock"
        self.clock.write_text("+0")
        self.process: subprocess.Popen[bytes] | None = None
        listen = "0.0.0.0:3000" if house.has_namespaces and role == "hub" else "127.0.0.1:0"
        (self.folder / "config.toml").write_text(harness.simulated({
            "cluster": {"node_id": name, "role": role, **({"hub_url": "http://127.0.0.1:1"} if role == "spoke" else {})},
            "polling": {"interval_seconds": 0.05},
            "history": {"commit_seconds": 0.3},
            "http": {"listen": listen},
        }))

    def start(self) -> None:
        """Without waiting for anything."""
        environment = os.environ | clock_of(self.clock)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(harness.PROGRAM), "run", "--config", str(self.folder / "config.toml"), "--plugins",
                 str(self.plugins), "--data", str(self.data)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=environment)

    def run_command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A harvester command on this node's data."""
        return subprocess.run([harness.PROGRAM, *words, "--data", self.data], check=False, capture_output=True, text=True)

    def command(self, *words: str) -> str:
        """One that has to work; what it prints."""
        done = self.run_command(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM; it has to end well."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        assert self.process.wait(harness.PATIENCE) == 0, self.tail()

    def signal(self, number: signal.Signals) -> None:
        """To its process."""
        assert self.process
        self.process.send_signal(number)

    def jump(self, seconds: int) -> None:
        """Its clock is off by so much from now on; 0: it is right."""
        self.clock.write_text(f"{seconds:+d}")

    def tail(self) -> str:
        """The end of its log."""
        return f"{self.name}: " + "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def history(self, node: str) -> list[dict[str, Any]]:
        """What its history has of a node's readings, in order, without the log's."""
        done = self.run_command("history", "export", "--format", "jsonl", "--node", node)
        assert done.returncode == 0 or any(
            text in done.stderr for text in ("not there", "no history yet", "no such table", "no readings of the node")), done.stderr
        text = done.stdout
        readings = [json.loads(line) for line in text.splitlines()]
        return [reading for reading in readings if not reading["sensor_id"].endswith(":_log")]

    def stored(self, node: str) -> int:
        """How many readings of a node's counter are stored; 0 before there is a history."""
        if not (self.data / "history.db").exists():
            return 0
        return sum("count" in reading["data"] for reading in self.history(node))


class House:
    """A hub, and spokes that it invited."""

    def __init__(self, folder: Path, spokes: int) -> None:
        self.folder = folder
        self.has_namespaces = may_make_namespaces()
        self.prefix = f"v{os.getpid() % 100000}"
        if self.has_namespaces:
            run("ip", "netns", "add", f"{self.prefix}h")
            run("ip", "-n", f"{self.prefix}h", "link", "set", "lo", "up")
        self.hub = Node(self, "hub", "hub", ["ip", "netns", "exec", f"{self.prefix}h"] if self.has_namespaces else [])
        self.roads = [(Wires if self.has_namespaces else Forwarder)(self, number) for number in range(spokes)]
        self.spokes = [Node(self, f"spoke{number}", "spoke", road.prefix) for number, road in enumerate(self.roads)]
        for spoke, road in zip(self.spokes, self.roads):
            (spoke.plugins / "counter.py").write_text(COUNTER)
            line = self.hub.command("node", "invite", spoke.name, "--url", road.url, "--config",
                                    str(self.hub.folder / "config.toml"))
            spoke.command("node", "join", line.split("'")[1])

    @property
    def hub_port(self) -> int:
        """Where the hub listens just now."""
        text = self.hub.log.read_text(errors="replace") if self.hub.log.exists() else ""
        ready = [line for line in text.splitlines() if " ready http://" in line]
        return int(ready[-1].rpartition(":")[2]) if ready else 1

    def __enter__(self) -> "House":
        for each in (self.hub, *self.spokes):
            each.start()
        return self

    def __exit__(self, *exception: object) -> None:
        for each in (self.hub, *self.spokes):
            if each.process and each.process.poll() is None:
                each.kill()
        for road in self.roads:
            road.remove()
        if self.has_namespaces:
            subprocess.run(["ip", "netns", "del", f"{self.prefix}h"], capture_output=True, check=False)

    def wait(self, what: str, condition: Any, seconds: float = 120) -> None:
        """Until it is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "\n".join(
                [f"waited in vain until {what}", *(each.tail() for each in (self.hub, *self.spokes))])
            time.sleep(0.1)


def compare(hub: list[dict[str, Any]], spoke: list[dict[str, Any]]) -> list[str]:
    """How the hub's history of a node differs from the node's own; nothing where it does not."""
    problems = []
    ours = [(reading["sequence"], reading["sensor_id"], reading["data"]) for reading in spoke]
    theirs = [(reading["sequence"], reading["sensor_id"], reading["data"]) for reading in hub]
    numbers = [sequence for sequence, _, _ in theirs]
    if numbers != sorted(set(numbers)):
        problems.append("out of order, or twice")
    missing = {sequence for sequence, _, _ in ours} - set(numbers)
    if missing:
        problems.append(f"{len(missing)} are missing, the first is {min(missing)}")
    surplus = set(numbers) - {sequence for sequence, _, _ in ours}
    if surplus:
        problems.append(f"{len(surplus)} are only at the hub, the first is {min(surplus)}")
    by_number = {sequence: rest for sequence, *rest in ours}
    differ = [sequence for sequence, *rest in theirs if by_number.get(sequence, rest) != rest]
    if differ:
        problems.append(f"{len(differ)} differ, the first is {differ[0]}")
    return problems
