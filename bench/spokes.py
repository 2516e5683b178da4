"""A hub with 1,000 spokes, each of which sends a reading a second: CPU, memory, disk; then with 10,000 sensors, and with people.

bench/swarm.py is the spokes: it says hello, waits for commands and sends batches as they do. "Memory" is the PSS of the hub's
process, "disk" its write_bytes in /proc/PID/io, with a commit every 10 s, log, checkpoints and rollups. Acknowledged is a batch
when it is on the hub's disk. All of it runs on the machine that is measured, so the swarm takes CPU from the hub.
"""
import hashlib
import json
import pathlib
import resource
import secrets
import selectors
import sqlite3
import subprocess
import sys
import time
import types
import urllib.request
from typing import Any

import events
import link
import memory
from disk import written
from node import Node
from report import Bench, Figure
from scale import cpu_ns

AXIS = "spokes"
COUNTS = (100, 500, 1000)
QUICK_COUNTS = (20, 100)
SENSORS = 10  # of each spoke, for the large table
CLIENTS = 1000  # that look at the page of a hub
SPAN_SECONDS = 10.0  # and until the next commit
PATIENCE_SECONDS = 120.0


def tokens(bench: Bench, data: pathlib.Path, names: list[str]) -> dict[str, str]:
    """Tokens of nodes: the command makes the first, and with it the file; the others are written there, since 1,000 commands take half a minute."""
    made = {names[0]: link.token(bench, data, names[0])}
    made |= {name: secrets.token_urlsafe(32) for name in names[1:]}
    file = sqlite3.connect(data / "accounts.db")
    with file:
        file.executemany("INSERT INTO tokens SELECT ?, ?, role, created_ms, 0, 0 FROM tokens WHERE name = ?",
                         [(name, hashlib.blake2b(made[name].encode(), digest_size=32).digest(), names[0]) for name in names[1:]])
    file.close()
    return made


class Swarm:
    """bench/swarm.py, while the `with` block runs."""

    def __init__(self, bench: Bench, node: Node, secret: dict[str, str], sensors: int) -> None:
        self.file = bench.folder / f"tokens-{time.monotonic_ns()}.json"
        self.file.write_text(json.dumps(secret))
        self.command = [sys.executable, str(pathlib.Path(__file__).with_name("swarm.py")),
                        node.address().rpartition(":")[2], str(self.file), str(sensors)]

    def __enter__(self) -> "Swarm":
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: types.TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()

    def counts(self) -> dict[str, Any]:
        """What it has done so far."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        counts: dict[str, Any] = json.loads(self.process.stdout.readline())
        if counts["broken"] or counts["refused"]:
            raise RuntimeError(f"the hub refused what the swarm sent: {counts}")
        return counts


def wait_for_commit(node: Node, swarm: Swarm) -> dict[str, Any]:
    """The counts when the hub has just written what it had."""
    before = swarm.counts()["added"]
    node.wait_for("a commit", lambda: time.sleep(0.1) or swarm.counts()["added"] > before)
    time.sleep(1)  # all answers of it
    return swarm.counts()


def sensors_of(node: Node) -> tuple[int, int, float]:
    """How many sensors the API has, in how many bytes, after how many ms. The table has just changed: nothing is cached."""
    began = time.monotonic()
    with urllib.request.urlopen(node.address() + "/api/v1/readings", timeout=30) as answer:
        text = answer.read()
    return len(json.loads(text)["readings"]), len(text), 1000 * (time.monotonic() - began)


def look(node: Node, clients: int, seconds: float) -> tuple[int, int]:
    """Clients of /api/v1/events read for so long: how many were dropped, and how many updates each got at least."""
    if not clients:
        time.sleep(seconds)
        return 0, 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * clients + 1024), hard))
    with selectors.DefaultSelector() as selector:
        people = [events.Client(number, int(node.address().rpartition(":")[2])) for number in range(clients)]
        for one in people:
            selector.register(one.socket, selectors.EVENT_READ, one)
        events.read_for(selector, seconds)
        for one in people:
            one.socket.close()
        return sum(one.ended for one in people), min(len(one.updates) for one in people)


class Point:
    """What a hub with so many spokes needs."""

    def __init__(self, bench: Bench, spokes: int, sensors: int = 1, clients: int = 0) -> None:
        above = link.hub(bench)
        above.patience = PATIENCE_SECONDS
        made = tokens(bench, above.data, [f"spoke{number}" for number in range(spokes)])
        with above as node:
            pid = node.process.pid
            node.address()
            before = memory.pss_mb(pid)[0]
            with Swarm(bench, node, made, sensors) as swarm:
                node.wait_for("every node", lambda: time.sleep(0.5) or swarm.counts()["nodes"] == spokes)
                node.wait_for("every sensor", lambda: time.sleep(0.5) or sensors_of(node)[0] == spokes * sensors)
                wait_for_commit(node, swarm)
                cpu, disk, began = cpu_ns(pid), written(pid), time.monotonic()
                self.dropped, self.updates = look(node, clients, SPAN_SECONDS)
                self.slowest = wait_for_commit(node, swarm)["slowest_ms"]
                seconds = time.monotonic() - began
                self.core = 100 * (cpu_ns(pid) - cpu) / 1e9 / seconds
                self.disk = (written(pid) - disk) / seconds / 1000
                self.memory = memory.pss_mb(pid)[0]
                self.node_kb = 1024 * (self.memory - before) / spokes
                shown = [sensors_of(node) for _ in range(5)]
                self.bytes = shown[-1][1] / 1e6
                self.api_ms = sorted(each[2] for each in shown)[2]
                self.lost = sum(each.get("refused", 0) + each.get("skipped", 0) for each in node.get("/api/v1/nodes")["nodes"])


FIGURES = (("CPU of the hub", "% of a core", "core"), ("memory of the hub", "MB", "memory"), ("memory, a spoke", "kB", "node_kb"),
           ("written to disk", "kB/s", "disk"), ("slowest acknowledgement", "ms", "slowest"), ("readings lost or refused", "readings", "lost"))
DRAWN = ("core", "memory", "disk")


def measure(bench: Bench) -> list[Figure]:
    """More and more spokes; then the most of them with ten sensors each, and with people who look."""
    counts = QUICK_COUNTS if bench.quick else COUNTS
    most = max(counts)
    points = {count: Point(bench, count) for count in counts}
    large = Point(bench, most, SENSORS)
    watched = Point(bench, most, 1, CLIENTS)
    figures = [Figure(f"{name}, {count} spokes", unit, [getattr(point, field)], curve=name if field in DRAWN else "", at=count)
               for name, unit, field in FIGURES for count, point in points.items()]
    return [*figures,
            Figure(f"{most * SENSORS} sensors: CPU of the hub", "% of a core", [large.core]),
            Figure(f"{most * SENSORS} sensors: memory of the hub", "MB", [large.memory]),
            Figure(f"{most * SENSORS} sensors: written to disk", "kB/s", [large.disk]),
            Figure(f"{most * SENSORS} sensors: GET /api/v1/readings", "ms", [large.api_ms],
                   note=f"{large.bytes:.1f} MB, made for this request, since the table changes all the time"),
            Figure(f"{CLIENTS} clients of /api/v1/events: CPU of the hub", "% of a core", [watched.core],
                   note=f"{most} spokes with one sensor each; each client got at least {watched.updates} updates in "
                        f"{SPAN_SECONDS:g} s"),
            Figure(f"{CLIENTS} clients of /api/v1/events: dropped", "clients", [watched.dropped])]
