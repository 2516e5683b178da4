"""One poll, measured at the broker, split into frame, host calls and Python.

The broker's time is from sending the call to having the value. The plugin takes the time around
its work and around each host call, so "frame" is what is left: two frames and the two wake-ups for
them, the runtime's entry and exit, and the value's way into JSON.

Five more rows show what a pause of 50 ms costs, by the same poll without it, or with it and one of its effects taken away: the
processors do not idle (a loop that runs when nothing else does), another plugin keeps the broker and the interpreter's code in the
caches (it polls every 5 ms), both, or broker and guests share one processor, so that none has to wake another.
"""
import re
import statistics

import native
import spin
from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "calls.py"
RUNS = 5
POLLS = 60
INTERVAL_SECONDS = 0.05
SHORT_INTERVAL_SECONDS = 0.005
MANY = 20
TARGET_MS = 0.3
FIELD = re.compile(r"(\w+_us) ([0-9.]+)")


def one_run(bench: Bench, kind: str, count: int, interval: float = INTERVAL_SECONDS, more: str = "",
            beside: bool = False, before: tuple[str, ...] = ()) -> dict[str, float]:
    """Medians in milliseconds: poll (at the broker), work and calls (in the plugin). `more`: of the configuration; `beside`: a
    second plugin does the same at short intervals; `before`: a command that runs the node.
    """
    of = f'kind = "{kind}"\ncount = {count}\n'
    settings = f"[plugins.calls.settings]\n{of}{more}"
    plugins = {"calls": PLUGIN}
    if beside:
        plugins["other"] = PLUGIN
        settings += f"[plugins.other]\ninterval_seconds = {SHORT_INTERVAL_SECONDS}\n[plugins.other.settings]\n{of}"
    with Node(bench, plugins, interval, settings, before=before) as node:
        plugin = next(plugin for plugin in node.wait_for_polls(POLLS) if plugin["name"] == "calls")
    fields: dict[str, list[float]] = {}
    for _, _, speaker, text in node.lines:
        for name, value in FIELD.findall(text) if speaker == "calls" else ():
            fields.setdefault(name, []).append(float(value) / 1000)
    return {"poll": plugin["median_poll_ms"], "work": statistics.median(fields["work_us"]),
            "calls": statistics.median(fields["calls_us"])}


def natively(bench: Bench) -> float:
    """Milliseconds that a plain Python process takes from its waking to the reading's JSON."""
    process = native.start(bench.peer, "calls.py", str(INTERVAL_SECONDS), str(POLLS))
    try:
        return float(native.read_line(process))
    finally:
        process.kill()
        process.communicate()


def measure(bench: Bench) -> list[Figure]:
    """Polls with more and more host calls; the split is of the one with 4."""
    kinds = {"0 calls": ("plain", 0), "1 call": ("plain", 1), "4 calls": ("plain", 4),
             f"{MANY} calls": ("plain", MANY), "4 calls, one of them i2c": ("bus", 4)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    theirs, warm = [], []
    effects: dict[str, list[float]] = {"the processors kept awake": [], "the caches kept warm": [], "both": [],
                                       "all on one processor": []}
    for _ in range(bench.runs(RUNS)):
        for name, kind in kinds.items():
            runs[name].append(one_run(bench, *kind))
        warm.append(one_run(bench, "plain", 4, SHORT_INTERVAL_SECONDS)["poll"])
        effects["the caches kept warm"].append(one_run(bench, "plain", 4, beside=True)["poll"])
        effects["all on one processor"].append(one_run(bench, "plain", 4, before=("taskset", "-c", "0"))["poll"])
        with spin.spinning(only_idle=True):
            effects["the processors kept awake"].append(one_run(bench, "plain", 4)["poll"])
            effects["both"].append(one_run(bench, "plain", 4, beside=True)["poll"])
        if bench.peer:
            theirs.append(natively(bench))
    figures = [Figure(f"a poll with {name}", "ms", [run["poll"] for run in of],
                      TARGET_MS if name == "4 calls" else None) for name, of in runs.items()]
    figures[-1].note = ("the simulated wire takes the time of its bits, 0.27 ms at 100 kHz for an "
                        "address and 2 bytes; see the part bus")
    figures.append(Figure(f"a poll with 4 calls, every {SHORT_INTERVAL_SECONDS * 1000:g} ms", "ms",
                          warm, TARGET_MS, note="the same poll while the caches are warm"))
    figures += [Figure(f"  every {INTERVAL_SECONDS * 1000:g} ms, {name}", "ms", of) for name, of in effects.items()]
    four = runs["4 calls"]
    figures += [
        Figure("of 4 calls: frame", "ms", [run["poll"] - run["work"] for run in four]),
        Figure("of 4 calls: the calls", "ms", [run["calls"] for run in four]),
        Figure("of 4 calls: Python", "ms", [run["work"] - run["calls"] for run in four]),
        Figure("each call beyond the fourth", "ms",
               [(many["poll"] - few["poll"]) / (MANY - 4)
                for few, many in zip(four, runs[f"{MANY} calls"])],
               note=f"polls are {INTERVAL_SECONDS} s apart: "
               "the first calls of a poll find the processor's caches filled by others")]
    if theirs:
        figures += [
            Figure("the 4 done by plain Python", "ms", theirs,
                   note="the same clock, /proc files and JSON, at the same interval, without "
                   "sandbox and without broker"),
            Figure("a poll with 4 calls / plain Python", "ratio",
                   [run["poll"] / other for run, other in zip(four, theirs)])]
    return figures
