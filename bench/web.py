"""Requests to /api/readings on loopback: 12 sensors, one thread in the host, one in wrk."""
import re
import shutil
import subprocess

from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "sensors.py"
RUNS = 5
TARGET = 60_000.0
CONNECTIONS = 32
RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
LATENCY = re.compile(r"99%\s+([0-9.]+)(us|ms|s)")
MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def one_run(address: str) -> tuple[float, float]:
    """Requests a second, and the latency in ms that 99 % stay below."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d3s", "--latency", f"{address}/api/readings"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, latency = RATE.search(text), LATENCY.search(text)
    if not rate or not latency or "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk found errors:\n{text}")
    return float(rate[1]), float(latency[1]) * MS[latency[2]]


def measure(bench: Bench) -> list[Figure]:
    """Several runs against one node, whose plugin goes on polling."""
    if not shutil.which("wrk"):
        raise RuntimeError("wrk is missing: run make setup")
    with Node(bench, {"sensors": PLUGIN}, 1.0) as node:
        node.wait_for_polls(2)
        size = len(str(node.get("/api/readings")))
        runs = [one_run(node.address()) for _ in range(bench.runs(RUNS))]
    return [Figure("/api/readings", "requests/s", [run[0] for run in runs], TARGET, at_least=True,
                   note=f"about {size} bytes of JSON; wrk -t1 -c{CONNECTIONS} on the same machine"),
            Figure("  99 % answered within", "ms", [run[1] for run in runs])]
