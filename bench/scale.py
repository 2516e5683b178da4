"""More and more plugins, each polled once a second with two host calls: where it bends.

"CPU" is of all threads of a process (/proc/PID/task/*/schedstat) over 20 s after the start, by poll. "late" is how much
later than its own most punctual poll of that time a plugin was called. The first reading of the last plugin counts from exec
to the log's time stamp.
"""
import pathlib
import statistics
import time

from memory import sum_mb
from node import ROOT, Node, process_tree
from report import Bench, Figure

AXIS = "plugins"
COUNTS = (1, 4, 20, 50, 100, 200, 500, 1000)
QUICK_COUNTS = (1, 20, 200)
SPAN_SECONDS = 20.0
PLUGIN = ROOT / "bench" / "plugins" / "metronome.py"
START_SECONDS = 120.0


def cpu_ns(pid: int) -> int:
    """What the process has run so far, in all threads that live."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def wakeups_of_thread(task: pathlib.Path) -> int:
    """How often the thread with this folder in /proc went to sleep of its own will."""
    return next(int(line.split()[1]) for line in (task / "status").read_text().splitlines()
                if line.startswith("voluntary_ctxt_switches"))


def wakeups(pid: int) -> int:
    """The same of all threads of a process."""
    return sum(map(wakeups_of_thread, pathlib.Path(f"/proc/{pid}/task").iterdir()))


def first_reading_of_last(node: Node, count: int) -> float:
    """Unix seconds at which the last of the plugins gave its first reading; 0: not all have. By the log: to ask for all readings
    again and again would take as much of the processor as the start.
    """
    lines = list(node.lines)
    if len(lines) < 2 * count:  # each is found, and then gives a reading
        return 0
    first: dict[str, float] = {}
    for seconds, level, speaker, text in lines:
        if speaker.startswith("metronome-") and level == "info" and text != "found":
            first.setdefault(speaker, seconds)
    return max(first.values()) if len(first) == count else 0


class Point:
    """One count's figures."""

    def __init__(self, bench: Bench, count: int) -> None:
        plugins = {f"metronome-{number}": PLUGIN for number in range(count)}
        with Node(bench, plugins, 1.0, patience=START_SECONDS) as node:
            last = node.wait_for("first reading of each", lambda: first_reading_of_last(node, count))
            self.start_ms = 1000 * (last - node.started)
            time.sleep(2)
            broker = node.process.pid
            guests = [pid for pid in process_tree(broker) if pid != broker]
            before = self.read(node, guests)
            began = time.monotonic()
            time.sleep(SPAN_SECONDS)
            # First, since all that follows keeps the processor from the polls.
            late = sorted(float(number) for reading in node.get("/api/v1/readings")["readings"]
                          for number in reading["data"]["late"].split())
            after = self.read(node, guests)
            seconds = time.monotonic() - began
            polls, self.missed = (now - then for now, then in zip(after[0], before[0]))
            self.broker_us = (after[1] - before[1]) / 1000 / polls
            self.guest_us = (after[2] - before[2]) / 1000 / polls
            self.core = 100 * (after[1] + after[2] - before[1] - before[2]) / 1e9 / seconds
            self.wakeups = (after[3] - before[3]) / seconds
            self.broker_mb = sum_mb([broker])[0]
            self.all_mb = sum_mb([broker, *guests])[0]
            self.descriptors = len(list(pathlib.Path(f"/proc/{broker}/fd").iterdir()))
            self.late_p50, self.late_max = statistics.median(late), late[-1]
            self.late_p99 = late[int(len(late) * 0.99)]

    @staticmethod
    def read(node: Node, guests: list[int]) -> tuple[tuple[int, int], int, int, int]:
        """Polls and late ones, the broker's CPU, the guests' CPU, the broker's wake-ups."""
        plugins = node.get("/api/v1/plugins")
        broker = node.process.pid
        return ((sum(each["polls"] for each in plugins), sum(each["late_polls"] for each in plugins)),
                cpu_ns(broker), sum(cpu_ns(pid) for pid in guests), wakeups(broker))


FIGURES = (("first reading of the last", "ms", "start_ms", {4: 60.0, 50: 200.0, 1000: 2000.0}),
           ("memory of all", "MB", "all_mb", {1000: 1200.0}),
           ("memory of the broker", "MB", "broker_mb", {}),
           ("CPU of the broker", "us a poll", "broker_us", {200: 120.0}),
           ("CPU of the guests", "us a poll", "guest_us", {200: 150.0}),
           ("CPU of all", "% of a core", "core", {1000: 50.0}),
           ("late, p50", "ms", "late_p50", {}),
           ("late, p99", "ms", "late_p99", {1000: 50.0}),
           ("late, the latest", "ms", "late_max", {}),
           ("missed polls", "polls", "missed", {1000: 0.0}),
           ("wake-ups of the broker", "a second", "wakeups", {}),
           ("descriptors of the broker", "files", "descriptors", {}))


def measure(bench: Bench) -> list[Figure]:
    """Every figure at every count."""
    counts = QUICK_COUNTS if bench.quick else COUNTS
    points = {count: [Point(bench, count) for _ in range(bench.runs(3))] for count in counts}
    few, many = min(counts), max(counts)
    further = [(more.all_mb - less.all_mb) / (many - few) for less, more in zip(points[few], points[many])]
    return [Figure(f"{name}, {count} plugins", unit, [getattr(point, field) for point in of],
                   targets.get(count), curve=name, at=count)
            for name, unit, field, targets in FIGURES for count, of in points.items()] + \
        [Figure("a further plugin", "MB", further, 1.0, note="memory of all, from the fewest plugins to the most")]
