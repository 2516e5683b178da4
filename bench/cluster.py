"""A cluster of real servers (build-cluster, made by tools/test-cluster): publishing, catching up, and a leader's death.

Every message is flushed on a majority of the servers before it counts; with three servers they share this machine's disk.
"""
import dataclasses
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import time
import types

from node import ROOT, Node
from report import Bench, Figure

WAITING = 43_200
FILLERS = 4
KILLS = 50
LATENCIES = 200
QUICK = "[history]\ncommit_seconds = 0.1\n"
MANY = """
def poll():
    return [{"sensor_id": f"many-{k}", "value": k / 10, "other": 21.3} for k in range(200)]
"""
ONE = """
import time
def poll():
    return {"sensor_id": "one", "at": time.time()}
"""
PATIENCE = 60.0
FILLING = 600.0
TICKS = os.sysconf("SC_CLK_TCK")


class Servers:
    """Some nats-servers as one cluster; use it in a `with`."""

    def __init__(self, bench: Bench, count: int) -> None:
        """They start with the `with`."""
        self.folder = bench.folder / f"servers-{time.monotonic_ns()}"
        self.program = subprocess.run([ROOT / "tools" / "nats-server-path"], capture_output=True, text=True,
                                      check=True).stdout.strip()
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2 * count)]
        self.ports = [each.getsockname()[1] for each in sockets]
        for each in sockets:
            each.close()
        self.count = count
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Servers":
        routes = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in self.ports[self.count:])
        for i in range(self.count):
            folder = self.folder / f"s{i}"
            folder.mkdir(parents=True)
            cluster = (f'cluster {{ name: bench, listen: "127.0.0.1:{self.ports[self.count + i]}", routes: [{routes}] }}\n'
                       if self.count > 1 else "")
            (folder / "conf").write_text(
                f'server_name: s{i}\nlisten: "127.0.0.1:{self.ports[i]}"\nlog_file: "{folder}/log"\n'
                f'jetstream {{ store_dir: "{folder}/store", sync_interval: always, max_memory_store: 16MB, '
                f'max_file_store: 1GB }}\n{cluster}')
            self.processes.append(subprocess.Popen(
                [self.program, "-c", folder / "conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, "GOMEMLIMIT": "48MiB"}))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def keys(self) -> str:
        """Of [cluster], for a member."""
        urls = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self.ports[:self.count])
        return f'engine = "nats"\nurls = [{urls}]\nreplicas = {self.count}\n'

    def memory(self) -> float:
        """MB of the largest server, at its highest."""
        peaks = []
        for process in self.processes:
            text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peaks.append(int(text.partition("VmHWM:")[2].split()[0]))
        return max(peaks) / 1024

    def seconds(self) -> float:
        """Of the processor, that the busiest server has used."""
        used = []
        for process in self.processes:
            fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
            used.append((int(fields[11]) + int(fields[12])) / TICKS)
        return max(used)


def member(bench: Bench, name: str, servers: Servers, plugins: dict[str, pathlib.Path], interval: float,
           data: pathlib.Path | None = None) -> Node:
    """A node of the cluster."""
    node = Node(bench, plugins, interval, QUICK, data)
    text = node.config.read_text().replace('[cluster]\nnode_id = "bench"\n', f'[cluster]\nnode_id = "{name}"\n{servers.keys()}')
    node.config.write_text(text)
    return node


def fill(bench: Bench) -> pathlib.Path:
    """A data folder whose history has readings that were never published."""
    plugin = bench.folder / "many.py"
    plugin.write_text(MANY)
    data = bench.folder / "filled"
    data.mkdir()
    with Node(bench, {f"many{i}": plugin for i in range(FILLERS)}, 0.05, QUICK, data, patience=FILLING) as node:
        node.wait_for("enough readings", lambda: node.get("/api/v1/history/status")["committed"] >= WAITING)
    return data


def copy_of(data: pathlib.Path) -> pathlib.Path:
    """The same, to be used once."""
    copy = data.with_name(f"copy-{time.monotonic_ns()}")
    shutil.copytree(data, copy, ignore=lambda _, names: [name for name in names if name.endswith(".sock")])
    return copy


@dataclasses.dataclass
class Drain:
    """What one run of publishing what waited took."""

    published: float  # readings a second
    read: float  # the same, of a new member that reads them from the log
    memory: float  # MB of the largest server, at its highest
    seconds: float  # of the busiest server's processor, for 1,000 readings published


def drain(bench: Bench, count: int, filled: pathlib.Path) -> Drain:
    """A node was away: it publishes what waited, and then a new member reads all that from the log."""
    with Servers(bench, count) as servers, member(bench, "bench", servers, {}, 10, copy_of(filled)) as node:
        def published() -> int:
            return int(node.get("/api/v1/cluster")["published"]["readings"])
        node.patience = FILLING
        node.wait_for("the first is published", published)
        began, first, used = time.monotonic(), published(), servers.seconds()
        node.wait_for("all are published", lambda: published() >= WAITING)
        sent, took, used = published() - first, time.monotonic() - began, servers.seconds() - used
        with member(bench, "far", servers, {}, 10) as far:
            far.patience = FILLING
            far.wait_for("it is ready", lambda: far.get("/api/v1/cluster")["state"] == "ready")
            began = time.monotonic()
            far.wait_for("all are read", lambda: far.get("/api/v1/cluster")["read"]["added"] >= WAITING)
            return Drain(sent / took, WAITING / (time.monotonic() - began), servers.memory(), used * 1000 * 1000 / sent)


def latencies(bench: Bench, count: int, wanted: int) -> list[float]:
    """Milliseconds from a measurement on one member to the table of another one."""
    plugin = bench.folder / "one.py"
    plugin.write_text(ONE)
    found: list[float] = []
    with Servers(bench, count) as servers, member(bench, "near", servers, {"one": plugin}, 0.25) as near, \
            member(bench, "far", servers, {}, 10) as far:
        near.wait_for("the cluster is ready", lambda: near.get("/api/v1/cluster")["state"] == "ready")
        last = 0.0
        end = time.monotonic() + 0.5 * wanted + PATIENCE
        while len(found) < wanted and time.monotonic() < end:
            for reading in far.get("/api/v1/readings")["readings"]:
                if reading["sensor_id"] == "near:one" and reading["data"]["at"] > last:
                    found += [(time.time() - reading["data"]["at"]) * 1000] if last else []
                    last = reading["data"]["at"]
            time.sleep(0.002)
    return sorted(found)


def failovers(bench: Bench, kills: int) -> list[float]:
    """Seconds from the death of the leader's node until the other one leads."""
    found = []
    with Servers(bench, 3) as servers:
        nodes = {name: member(bench, name, servers, {}, 10).__enter__() for name in ("a", "b")}
        for _ in range(kills):
            first = nodes["a"].wait_for("a leader", lambda: next(
                (name for name, node in nodes.items() if node.get("/api/v1/cluster")["leader"]["is_self"]), ""))
            other = nodes["b" if first == "a" else "a"]
            other.wait_for("the other one knows it", lambda: other.get("/api/v1/cluster")["leader"]["node"] == first)
            dead = nodes[first]
            began = time.monotonic()
            dead.process.kill()
            other.wait_for("the other one leads", lambda: other.get("/api/v1/cluster")["leader"]["is_self"])
            found.append(time.monotonic() - began)
            dead.process.wait()
            dead.reader.join()
            nodes[first] = member(bench, first, servers, {}, 10, dead.data).__enter__()
        for node in nodes.values():
            node.process.kill()
            node.process.wait()
            node.reader.join()
    return found


def delays(name: str, found: list[float]) -> list[Figure]:
    """Of the same measurements: all, and their 99th percentile."""
    return [Figure(f"from a measurement to another member, {name}", "ms", found, note="with commits of 0.1 s"),
            Figure(f"the same, 99th percentile, {name}", "ms", [statistics.quantiles(found, n=100)[98]],
                   note=f"of {len(found)}")]


def drains(name: str, runs: list[Drain]) -> list[Figure]:
    """Of some runs."""
    return [
        Figure(f"publishing what waited, {name}", "readings/s", [run.published for run in runs],
               note=f"{WAITING:,} readings waited; a day of 20 sensors at one reading a second has 1,728,000"),
        Figure(f"a new member reads that from the log, {name}", "readings/s", [run.read for run in runs]),
        Figure(f"memory of a server, at its highest, {name}", "MB", [run.memory for run in runs], 64),
        Figure(f"processor of a server for 1,000 readings published, {name}", "ms", [run.seconds for run in runs])]


def measure(bench: Bench) -> list[Figure]:
    """All of it."""
    figures, filled = [], fill(bench)
    for count in (1, 3):
        name = f"{count} server{'s' if count > 1 else ''}"
        figures += drains(name, [drain(bench, count, filled) for _ in range(bench.runs(4))])
        figures += delays(name, latencies(bench, count, bench.runs(LATENCIES)))
    figures.append(Figure("from a leader's death to the next leader", "s", failovers(bench, bench.runs(KILLS)), 10))
    return figures
