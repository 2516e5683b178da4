"""Memory of broker, template and guests together, beside plain Python processes.

PSS: a page that n processes share counts 1/n in each. "anonymous" is the part that no file backs.
"""
import pathlib
import time

import native
import start
from node import ROOT, Node, process_tree
from report import Bench, Figure

COUNTS = (4, 14, 24)
RUNS = 3
POLLS = 8
LIGHT = ROOT / "plugins" / "bh1750"


def pss_mb(pid: int) -> tuple[float, float]:
    """Proportional set size of a process and its anonymous part."""
    sizes = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) / 1024
    return sizes["Pss"], sizes["Pss_Anon"]


def sum_mb(pids: list[int]) -> tuple[float, float]:
    """The sums over several processes."""
    sizes = [pss_mb(pid) for pid in pids]
    return sum(size[0] for size in sizes), sum(size[1] for size in sizes)


def harvester_mb(bench: Bench, count: int) -> tuple[float, float]:
    """Everything with the 4 plugins of the start, and light sensors for the rest of `count`."""
    lights = {f"light-{i}": LIGHT for i in range(count - len(start.PLUGINS))}
    with Node(bench, start.PLUGINS | lights, 0.5) as node:  # all of them share the one chip
        node.wait_for_polls(POLLS)
        return sum_mb(process_tree(node.process.pid))


def native_mb(bench: Bench, count: int) -> tuple[float, float]:
    """So many plain Python processes that read the light sensor through smbus2."""
    processes = [native.start(bench.peer, "light.py", "0.5") for _ in range(count)]
    try:
        for process in processes:
            for _ in range(POLLS // 2):
                native.read_line(process)
        time.sleep(0.2)
        return sum_mb([process.pid for process in processes])
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def slope(runs: list[dict[int, tuple[float, float]]], part: int) -> list[float]:
    """What each further process adds."""
    low, high = min(COUNTS), max(COUNTS)
    return [(run[high][part] - run[low][part]) / (high - low) for run in runs]


def measure(bench: Bench) -> list[Figure]:
    """Both, at each count."""
    ours: list[dict[int, tuple[float, float]]] = []
    theirs: list[dict[int, tuple[float, float]]] = []
    for _ in range(bench.runs(RUNS)):
        ours.append({count: harvester_mb(bench, count) for count in COUNTS})
        if bench.peer:
            theirs.append({count: native_mb(bench, count) for count in COUNTS})
    figures = []
    for count in COUNTS:
        is_small = count == min(COUNTS)
        figures += [
            Figure(f"everything with {count} plugins", "MB", [run[count][0] for run in ours],
                   60 if is_small else None),
            Figure("  anonymous", "MB", [run[count][1] for run in ours], 20 if is_small else None)]
    figures += [Figure("each further plugin", "MB", slope(ours, 0), 3),
                Figure("  anonymous", "MB", slope(ours, 1))]
    if not theirs:
        return figures
    for count in COUNTS:
        figures.append(Figure(f"{count} plain Python processes", "MB",
                              [run[count][0] for run in theirs]))
    figures += [Figure("each further Python process", "MB", slope(theirs, 0),
                       note=native.description(bench.peer)),
                Figure("  anonymous", "MB", slope(theirs, 1)),
                Figure("further plugin / further Python process", "ratio",
                       [a / b for a, b in zip(slope(ours, 0), slope(theirs, 0))], 0.5)]
    return figures
