"""Loops that keep the processors of this machine from idling."""
import contextlib
import os
import subprocess
import sys
from typing import Iterator

LOOP = "while True: pass"
IDLE = f"import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n{LOOP}"


@contextlib.contextmanager
def spinning(only_idle: bool) -> Iterator[None]:
    """A process each that computes; `only_idle`: when the processor has nothing else to run."""
    loops = [subprocess.Popen([sys.executable, "-c", IDLE if only_idle else LOOP]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
