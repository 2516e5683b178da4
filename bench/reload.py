"""From saving a .py until the first reading by its new code, and what a neighbour notices.

A save is a write to a file beside it and a rename over it; the time runs from the rename's end to
the log's time stamp of the reading (whole milliseconds, rounded down).
"""
import itertools
import os
import random
import re
import time

from node import ROOT, Node
from report import Bench, Figure

NEIGHBOUR = ROOT / "bench" / "plugins" / "beat.py"
RUNS = 4
SAVES = 50
QUIET_SECONDS = 6.0
INTERVAL_SECONDS = 0.05
TARGET_MS = 30.0
SOURCE = 'def poll():\n    """Which version this is."""\n    return {{"version": {version}}}\n'
SEED = 1


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def save(node: Node, version: int) -> float:
    """A new version of the plugin; Unix seconds at its end."""
    file = node.plugins / "saved.py"
    new = file.with_name(".saved.py.new")
    new.write_text(SOURCE.format(version=version))
    os.replace(new, file)
    return time.time()


def first_reading(node: Node, version: int, since: int) -> float:
    """Unix seconds of this version's first line, of those from number `since` on; 0: none yet."""
    for seconds, _, speaker, text in node.lines[since:]:
        if speaker == "saved" and text == f"version {version}":
            return seconds
    return 0


def one_save(node: Node, version: int) -> float:
    """Milliseconds."""
    since = len(node.lines)
    saved = save(node, version)
    seconds: float = node.wait_for(f"version {version}",
                                   lambda: first_reading(node, version, since))
    return 1000 * (seconds - saved)


def jitter(node: Node, since: int) -> list[float]:
    """How far each two polls of the neighbour were from one interval apart, in milliseconds."""
    beats = [int(match[1]) for _, _, speaker, text in node.lines[since:] if speaker == "beat"
             and (match := re.match(r"ns (\d+)", text))]
    return [abs((second - first) / 1e6 - 1000 * INTERVAL_SECONDS)
            for first, second in itertools.pairwise(beats)]


def one_run(bench: Bench, seed: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each save, and the neighbour's jitter without and with saves."""
    moments = random.Random(seed)
    with Node(bench, {"beat": NEIGHBOUR}, INTERVAL_SECONDS) as node:
        save(node, 0)
        node.wait_for("version 0", lambda: first_reading(node, 0, 0))
        since = len(node.lines)
        time.sleep(bench.runs(4) * QUIET_SECONDS / 4)
        quiet, since = jitter(node, since), len(node.lines)
        times = []
        for version in range(1, bench.runs(SAVES) + 1):
            times.append(one_save(node, version))
            time.sleep(moments.uniform(1, 2) * INTERVAL_SECONDS)
        return times, quiet, jitter(node, since)


def measure(bench: Bench) -> list[Figure]:
    """p50 and p99 of each run."""
    runs = [one_run(bench, SEED + number) for number in range(bench.runs(RUNS))]
    figures = []
    for name, part, target in (("save to first reading", 0, TARGET_MS),
                               ("neighbour's jitter, nothing saved", 1, None),
                               ("neighbour's jitter, saves", 2, None)):
        for share in (50, 99):
            figures.append(Figure(f"{name}, p{share}", "ms",
                                  [percentile(run[part], share / 100) for run in runs], target))
    figures[0].note = (f"{bench.runs(SAVES)} saves a run at random moments; the broker waits 5 ms "
                       "for the end of a save's events")
    figures[-1].note = (f"the distance of two polls less the interval of {INTERVAL_SECONDS} s; the "
                        "broker's timers count whole milliseconds")
    return figures
