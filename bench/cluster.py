"""A cluster of real servers (build-cluster, made by tools/test-cluster): publishing, and a leader's death.

Every message is flushed on a majority of the servers before it counts; with three servers they share this machine's disk.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import time
import types

from node import ROOT, Node
from report import Bench, Figure

DRAINED = 20_000
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


def fill(bench: Bench) -> tuple[pathlib.Path, int]:
    """A data folder whose history has readings that were never published, and how many."""
    plugin = bench.folder / "many.py"
    plugin.write_text(MANY)
    data = bench.folder / f"filled-{time.monotonic_ns()}"
    data.mkdir()
    with Node(bench, {"many": plugin}, 0.05, QUICK, data) as node:
        node.wait_for("enough readings", lambda: node.get("/api/v1/history/status")["committed"] >= DRAINED)
        (node.plugins / "many.py").unlink()
        time.sleep(2)
        return data, node.get("/api/v1/history/status")["committed"]


def drain(bench: Bench, count: int) -> tuple[float, float, float]:
    """Readings a second that a node publishes of those that waited, the server's memory, and its time for 1,000 readings."""
    data, waiting = fill(bench)
    with Servers(bench, count) as servers, member(bench, "bench", servers, {}, 10, data) as node:
        def published() -> int:
            return int(node.get("/api/v1/cluster")["published"]["readings"])
        node.wait_for("the first is published", published)
        began, first, used = time.monotonic(), published(), servers.seconds()
        node.wait_for("all are published", lambda: published() >= waiting)
        sent = waiting - first
        return (sent / (time.monotonic() - began), servers.memory(),
                (servers.seconds() - used) * 1000 * 1000 / sent)


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


def measure(bench: Bench) -> list[Figure]:
    """All of it."""
    figures = []
    for count in (1, 3):
        runs = [drain(bench, count) for _ in range(bench.runs(4))]
        name = f"{count} server{'s' if count > 1 else ''}"
        figures += [
            Figure(f"publishing what waited, {name}", "readings/s", [run[0] for run in runs], note=f"{DRAINED:,} waited"),
            Figure(f"memory of a server, at its highest, {name}", "MB", [run[1] for run in runs], 64),
            Figure(f"processor of a server for 1,000 readings, {name}", "ms", [run[2] for run in runs]),
            Figure(f"from a measurement to another member, {name}", "ms", latencies(bench, count, bench.runs(LATENCIES)),
                   note="with commits of 0.1 s")]
    figures.append(Figure("from a leader's death to the next leader", "s", failovers(bench, bench.runs(KILLS)), 10))
    return figures
