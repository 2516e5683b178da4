"""Requests on loopback, one thread in the broker, one in wrk: readings of 12 sensors, and the page."""
import re
import shutil
import subprocess
import urllib.request

from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "sensors.py"
DASHBOARD = ROOT / "plugins" / "dashboard"
RUNS = 5
TARGET = 60_000.0
CONNECTIONS = 32
RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
LATENCY = re.compile(r"99%\s+([0-9.]+)(us|ms|s)")
MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def one_run(url: str) -> tuple[float, float]:
    """Requests a second, and the latency in ms that 99 % stay below."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d3s", "--latency", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, latency = RATE.search(text), LATENCY.search(text)
    if not rate or not latency or "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk found errors:\n{text}")
    return float(rate[1]), float(latency[1]) * MS[latency[2]]


def page_of(node: Node) -> bytes:
    """The page as it is served now."""
    with urllib.request.urlopen(node.address() + "/", timeout=5) as answer:
        return bytes(answer.read())


def is_rendered(node: Node) -> bool:
    """Is the page the plugin's, not the built-in one?"""
    return b"dashboard plugin is not available" not in page_of(node)


def measure(bench: Bench) -> list[Figure]:
    """Several runs against one node, whose plugin goes on polling."""
    if not shutil.which("wrk"):
        raise RuntimeError("wrk is missing: run make setup")
    with Node(bench, {"sensors": PLUGIN, "dashboard": DASHBOARD}, 1.0) as node:
        node.wait_for("page of the plugin", lambda: is_rendered(node))
        size = len(str(node.get("/api/readings")))
        runs = [one_run(f"{node.address()}/api/readings") for _ in range(bench.runs(RUNS))]
        page = page_of(node)
        pages = [one_run(node.address() + "/") for _ in range(bench.runs(RUNS))]
    return [Figure("/api/readings", "requests/s", [run[0] for run in runs], TARGET, at_least=True,
                   note=f"about {size} bytes of JSON; wrk -t1 -c{CONNECTIONS} on the same machine"),
            Figure("  99 % answered within", "ms", [run[1] for run in runs]),
            Figure("the page at /", "requests/s", [run[0] for run in pages],
                   note=f"{len(page)} bytes, rendered once for each state by the plugin"),
            Figure("  99 % answered within", "ms", [run[1] for run in pages])]
