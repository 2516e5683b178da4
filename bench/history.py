"""The history: how fast it takes readings, what they cost on the disk, how fast a chart is made."""
import subprocess

from report import Bench, Figure

READINGS = 500_000
SECONDS = 7200  # of readings, at once: the disk sees the same commits


def run(bench: Bench, mode: str, number: int, *words: object) -> list[list[float]]:
    """The numbers that tests/support/history_load.c prints, by line."""
    path = bench.folder / f"history-{mode}-{number}.db"
    text = subprocess.run([bench.build / "tests" / "unit" / "history-load", mode, path,
                           *map(str, words)], capture_output=True, text=True, check=True).stdout
    for file in bench.folder.glob(f"{path.name}*"):
        file.unlink()
    return [[float(word) for word in line.split()] for line in text.splitlines()]


def measure_bytes(bench: Bench, rate: int, target: float | None) -> list[Figure]:
    """At so many readings a second, of as many sensors with four values each."""
    found = [run(bench, "bytes", number, rate, SECONDS)[0] for number in range(bench.runs(2))]
    return [
        Figure(f"written to disk a reading, at {rate}/s", "B", [row[0] for row in found], target,
               note="write_bytes of /proc/self/io over two hours' commits of 10 s, log, "
                    "checkpoints and rollups counted; 4 values a reading"),
        Figure(f"size on disk a reading, at {rate}/s", "B", [row[1] for row in found]),
    ]


def measure(bench: Bench) -> list[Figure]:
    """All figures of this part."""
    ingest = [run(bench, "ingest", number, READINGS)[0][0] for number in range(bench.runs(4))]
    month = [row[0] for row in run(bench, "month", 0)]
    return [
        Figure("ingest in batches of 1,000", "readings/s", ingest, 50_000, at_least=True,
               note="from another node, acknowledged when flushed; rollups made meanwhile"),
        *measure_bytes(bench, 10, 400),
        *measure_bytes(bench, 1, None),
        Figure("a chart of a month at one reading a second", "ms", month, 50,
               note="2,592,000 readings; 720 points of two fields as JSON text, a connection of "
                    "its own"),
    ]
