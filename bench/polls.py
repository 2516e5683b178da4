"""One poll, measured at the broker, split into frame, host calls and Python.

The broker's time is from sending the call to having the value. The plugin takes the time around its
work and around each host call, so "frame" is what is left: two frames and the two wake-ups for them,
the runtime's entry and exit, and the value's way into JSON and out of it.
"""
import pathlib
import re
import statistics

from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "calls.py"
RUNS = 5
POLLS = 60
TARGET_MS = 0.3
FIELD = re.compile(r"(\w+_us) ([0-9.]+)")


def one_run(bench: Bench, kind: str, count: int) -> dict[str, float]:
    """Medians in milliseconds: poll (at the broker), work and calls (in the plugin)."""
    settings = f'[plugins.calls.settings]\nkind = "{kind}"\ncount = {count}\n'
    with Node(bench, {"calls": PLUGIN}, 0.05, settings) as node:
        plugin = node.wait_for_polls(POLLS)[0]
    fields: dict[str, list[float]] = {}
    for _, _, speaker, text in node.lines:
        for name, value in FIELD.findall(text) if speaker == "calls" else ():
            fields.setdefault(name, []).append(float(value) / 1000)
    return {"poll": plugin["median_poll_ms"], "work": statistics.median(fields["work_us"]),
            "calls": statistics.median(fields["calls_us"])}


def measure(bench: Bench) -> list[Figure]:
    """Polls with more and more host calls; the split is of the one with 4."""
    kinds = {"0 calls": ("plain", 0), "1 call": ("plain", 1), "4 calls": ("plain", 4),
             "4 calls, one on the i2c bus": ("bus", 4)}
    runs = {name: [one_run(bench, *kind) for _ in range(bench.runs(RUNS))]
            for name, kind in kinds.items()}
    figures = [Figure(f"a poll with {name}", "ms", [run["poll"] for run in of],
                      TARGET_MS if name == "4 calls" else None) for name, of in runs.items()]
    figures[-1].note = ("the simulated wire takes the time of its bits, 0.27 ms at 100 kHz for an "
                        "address and 2 bytes; see the part bus")
    four = runs["4 calls"]
    figures += [
        Figure("4 calls: frame", "ms", [run["poll"] - run["work"] for run in four]),
        Figure("4 calls: the calls", "ms", [run["calls"] for run in four]),
        Figure("4 calls: Python", "ms", [run["work"] - run["calls"] for run in four])]
    return figures
