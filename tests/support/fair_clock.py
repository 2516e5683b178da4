"""A clock that stands still while a process is ready to run and other processes have the processors."""
import time
from pathlib import Path


class FairClock:
    """For limits of time on a machine that does much else: what is late there is not broken."""

    def __init__(self, pid: int) -> None:
        self.tasks = Path(f"/proc/{pid}/task")
        self.begin = time.monotonic()
        self.waited = 0.0

    def _look(self) -> None:
        """Of the thread that waited longest for a processor; Linux counts this in nanoseconds."""
        for file in self.tasks.glob("*/schedstat"):
            try:
                self.waited = max(self.waited, int(file.read_text().split()[1]) / 1e9)
            except OSError:  # the thread has ended
                continue

    def now(self) -> float:
        """Seconds since the clock was made, without those of waiting for a processor."""
        self._look()
        return time.monotonic() - self.begin - self.waited

    def __str__(self) -> str:
        return f"{self.now():.0f} s, and {self.waited:.0f} s of waiting for a processor"
