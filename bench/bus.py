"""One i2c transaction: from Python in the sandbox to the simulated bus and back, and natively.

Both read 2 bytes of the same simulated light sensor on the same simulated bus, whose wire takes the
time of its bits (0.27 ms). The native side is plain Python with smbus2.
"""
import re
import statistics

import native
from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "transfers.py"
RUNS = 5
POLLS = 10
FIELD = re.compile(r"transfer_us ([0-9.]+)")


def in_sandbox(bench: Bench) -> float:
    """Microseconds a transaction."""
    with Node(bench, {"transfers": PLUGIN}, 0.2) as node:
        node.wait_for_polls(POLLS)
    return statistics.median(float(value) for *_, text in node.lines
                             for value in FIELD.findall(text))


def natively(bench: Bench) -> float:
    """The same from a plain Python process."""
    process = native.start(bench.peer, "transfers.py")
    try:
        return float(native.read_line(process))
    finally:
        process.kill()
        process.communicate()


def measure(bench: Bench) -> list[Figure]:
    """Alternating, so that both see the same machine."""
    ours, theirs = [], []
    for _ in range(bench.runs(RUNS)):
        ours.append(in_sandbox(bench))
        if bench.peer:
            theirs.append(natively(bench))
    figures = [Figure("i2c transaction from a plugin", "µs", ours)]
    if theirs:
        figures += [Figure("i2c transaction natively", "µs", theirs,
                           note=native.description(bench.peer)),
                    Figure("what the sandbox adds", "µs", [a - b for a, b in zip(ours, theirs)])]
    return figures
