"""From exec of harvester until each of 4 Python plugins has given a reading.

The time of a reading is the log's own time stamp (milliseconds).
"""
import shutil

from node import ROOT, Node
from report import Bench, Figure

PLUGINS = {name: ROOT / "plugins" / name for name in ("dht22", "pi4-monitor", "bh1750", "bme680")}
RUNS = 12
TARGET_MS = 150.0


def first_readings(node: Node) -> dict[str, float]:
    """Plugin: when its first reading was logged. Empty until all have one."""
    first: dict[str, float] = {}
    for seconds, level, speaker, text in list(node.lines):
        if speaker in PLUGINS and level == "info" and text != "found":
            first.setdefault(speaker, seconds)
    return first if len(first) == len(PLUGINS) else {}


def one_start(bench: Bench) -> dict[str, float]:
    """Milliseconds from exec to each plugin's first reading."""
    data = bench.folder / "start-data"
    with Node(bench, PLUGINS, 2.0, data=data) as node:
        first = node.wait_for("first reading of each plugin", lambda: first_readings(node))
        return {name: 1000 * (seconds - node.started) for name, seconds in first.items()}


def measure(bench: Bench) -> list[Figure]:
    """Starts with the data folder of the start before, and with none."""
    one_start(bench)
    warm = [one_start(bench) for _ in range(bench.runs(RUNS))]
    empty = []
    for _ in range(bench.runs(RUNS)):
        shutil.rmtree(bench.folder / "start-data")
        empty.append(max(one_start(bench).values()))
    figures = [Figure("first reading of all 4", "ms", [max(run.values()) for run in warm],
                      TARGET_MS),
               Figure("the same with an empty data folder", "ms", empty, TARGET_MS)]
    figures += [Figure(f"  {name}", "ms", [run[name] for run in warm]) for name in PLUGINS]
    figures[-1].note = "bme680 waits for its measurement, dht22 and bh1750 for theirs"
    return figures
