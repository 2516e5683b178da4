"""A node without plugins that nobody looks at: how often it wakes up in a minute.

Of the broker's loop, and of all its threads, which every 30 s look how full the disk is.
"""
import pathlib
import time

from node import Node
from report import Bench, Figure
from scale import cpu_ns, wakeups, wakeups_of_thread

SETTLED_SECONDS = 5.0
SPAN_SECONDS = 60.0


def one_run(bench: Bench) -> tuple[float, float, float]:
    """Wake-ups a second of the loop and of all threads, and the CPU in percent of a core."""
    with Node(bench, {}, 1.0) as node:
        node.address()
        time.sleep(SETTLED_SECONDS)
        pid = node.process.pid
        loop = pathlib.Path(f"/proc/{pid}/task/{pid}")
        before = wakeups_of_thread(loop), wakeups(pid), cpu_ns(pid)
        time.sleep(SPAN_SECONDS)
        after = wakeups_of_thread(loop), wakeups(pid), cpu_ns(pid)
    loop_count, all_count, nanoseconds = (now - then for now, then in zip(after, before))
    return loop_count / SPAN_SECONDS, all_count / SPAN_SECONDS, nanoseconds / 1e7 / SPAN_SECONDS


def measure(bench: Bench) -> list[Figure]:
    """All figures of this part."""
    runs = [one_run(bench) for _ in range(bench.runs(3))]
    return [Figure("wake-ups of the broker's loop", "a second", [run[0] for run in runs], 1.0),
            Figure("wake-ups of all its threads", "a second", [run[1] for run in runs]),
            Figure("CPU of the broker", "% of a core", [run[2] for run in runs])]
