"""The page in Chromium, on a phone's size with a quarter of this machine's processor: weight, drawing, scrolling."""
import json
import subprocess

from node import ROOT
from report import Bench, Figure

RUNS = 5
WEIGHT_MAX = 150_000.0
DRAW_MS = 100.0
FRAMES = 58.0  # of 60 a second: the median gap between two frames


def measure(bench: Bench) -> list[Figure]:
    """By tests/web/measure.py, which needs the tests' Python packages."""
    cache = subprocess.run([ROOT / "tools" / "cache-dir"], capture_output=True, text=True, check=True).stdout.strip()
    command = [f"{cache}/venv/bin/python", str(ROOT / "tests" / "web" / "measure.py"), str(bench.runs(RUNS))]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
    figures = [Figure("weight of all files, compressed", "bytes", found["weight"], WEIGHT_MAX)]
    for count in (10, 200):
        figures += [Figure(f"first contentful paint, {count} sensors", "ms", found[f"paint {count}"]),
                    Figure("  first value shown", "ms", found[f"value {count}"]),
                    Figure("  processor time of the open page", "s", found[f"open {count}"],
                           note="in a minute (5 s with --quick) with an event a second, not throttled")]
    return figures + [Figure("200 sensors: the cards in view drawn", "ms", found["seen"], DRAW_MS),
                      Figure("  all cards drawn", "ms", found["draw"], note="between the frames, 32 ms of work at a time"),
                      Figure("scrolling through them", "frames/s", found["scroll"], FRAMES, at_least=True)]
