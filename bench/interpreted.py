"""The same plugins as machine code and interpreted (`[engine] target = "pulley64"`), side by side.

A load is from saving a .py to the first reading by its new code, of a node that runs; a start is from the node's
start to that plugin's first reading, with the Python runtime's own start. A poll is measured at the broker.
"""
import polls
import reload
from node import Node
from report import Bench, Figure

RUNS = 3
SAVES = 20
INTERVAL_SECONDS = 0.05
LOAD_TARGET_MS = 60.0
POLL_TARGET_MS = 1.0
TARGETS = {"machine code": "native", "interpreted": "pulley64"}


def settings(target: str) -> str:
    """The configuration's section."""
    return f'[engine]\ntarget = "{target}"\n'


def loads(bench: Bench, target: str) -> tuple[float, list[float]]:
    """Milliseconds of the start, and of each load."""
    with Node(bench, {}, INTERVAL_SECONDS, settings(target)) as node:
        reload.save(node, 0)
        seconds = node.wait_for("version 0", lambda: reload.first_reading(node, 0, 0))
        return 1000 * (seconds - node.started), [reload.one_save(node, version)
                                                 for version in range(1, bench.runs(SAVES) + 1)]


def measure(bench: Bench) -> list[Figure]:
    """Starts, loads, polls with 2 host calls and with none, and their ratios."""
    starts: dict[str, list[float]] = {name: [] for name in TARGETS}
    times: dict[str, list[float]] = {name: [] for name in TARGETS}
    polled: dict[tuple[str, int], list[float]] = {(name, calls): [] for name in TARGETS for calls in (0, 2)}
    for _ in range(bench.runs(RUNS)):
        for name, target in TARGETS.items():
            start, load = loads(bench, target)
            starts[name].append(start)
            times[name].append(reload.percentile(load, 0.5))
            for calls in (0, 2):
                polled[name, calls].append(
                    polls.one_run(bench, "plain", calls, more=settings(target))["poll"])
    figures = []
    for name in TARGETS:
        is_target = name == "interpreted"
        figures += [
            Figure(f"{name}: start of the node to a first reading", "ms", starts[name]),
            Figure(f"{name}: load, p50", "ms", times[name], LOAD_TARGET_MS if is_target else None),
            Figure(f"{name}: a poll without a host call", "ms", polled[name, 0]),
            Figure(f"{name}: a poll with 2 host calls", "ms", polled[name, 2],
                   POLL_TARGET_MS if is_target else None)]
    figures.append(Figure("a poll with 2 host calls, interpreted / machine code", "ratio",
                          [one / other for one, other in zip(polled["interpreted", 2],
                                                             polled["machine code", 2])]))
    return figures
