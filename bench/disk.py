"""What is written to the disk: by an honest plugin, and by the worst ones that the limits allow."""
import pathlib
import re
import time

from node import ROOT, Node
from report import Bench, Figure

PLUGINS = ROOT / "bench" / "plugins"
SECONDS = 60.0
QUICK_SECONDS = 20.0
BURST_SECONDS = 15.0  # what a plugin may write at once is written by then
FLOOD_INTERVAL = 0.05
SETTINGS = "[history]\ncommit_seconds = 1\n"
# What a plugin may write for good, with log, checkpoints and rollups: 4.7 TB a year.
BYTES_MAX = 150_000.0


def written(pid: int) -> int:
    """Bytes that the broker has had written to the disk."""
    text = pathlib.Path(f"/proc/{pid}/io").read_text()
    match = re.search(r"^write_bytes: (\d+)$", text, re.MULTILINE)
    if not match:
        raise RuntimeError("/proc/PID/io does not say write_bytes")
    return int(match[1])


def rate(bench: Bench, names: list[str], interval: float) -> list[float]:
    """Bytes a second of a node with these plugins: of the first seconds, and after them."""
    plugins = {name.replace("_", "-"): PLUGINS / f"{name}.py" for name in names}
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with Node(bench, plugins, interval, SETTINGS) as node:
        node.wait_for_polls(1)
        begin = written(node.process.pid)
        time.sleep(BURST_SECONDS)
        middle = written(node.process.pid)
        time.sleep(seconds)
        end = written(node.process.pid)
        node.wait_for_polls(1)  # none of them has failed
    return [(middle - begin) / BURST_SECONDS, (end - middle) / seconds]


def figures(bench: Bench, what: str, name: str, interval: float, target: float | None) -> list[Figure]:
    """The figures of one plugin."""
    found = [rate(bench, [name], interval) for _ in range(bench.runs(2))]
    return [Figure(f"{what}, its first {BURST_SECONDS:g} s", "B/s", [row[0] for row in found]),
            Figure(f"{what}, after that", "B/s", [row[1] for row in found], target)]


def measure(bench: Bench) -> list[Figure]:
    """All figures of this part."""
    honest = figures(bench, "honest: 12 sensors, once a second", "sensors", 1.0, None)
    honest[0].note = ("write_bytes of the broker in /proc/PID/io, a commit each second, log, checkpoints and "
                      "rollups counted")
    return [*honest,
            *figures(bench, "a flood of readings", "history_flood", FLOOD_INTERVAL, BYTES_MAX),
            *figures(bench, "a flood of state.set", "state_flood", FLOOD_INTERVAL, BYTES_MAX)]
