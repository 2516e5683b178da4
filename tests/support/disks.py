"""A disk of its own for a server's store, whose power can be cut: an ext4 file system in a file.

What a program has written and not flushed is in the kernel's memory, and what it has flushed is in the file. So a copy of
the file is the disk as a power cut would leave it; the journal is replayed when it is mounted again.
"""
import os
import shutil
import subprocess
from pathlib import Path

SIZE = 256 << 20


def are_possible() -> bool:
    """Whether this process may mount a file."""
    return os.geteuid() == 0 and Path("/dev/loop-control").exists() and shutil.which("mkfs.ext4") is not None


class Disk:
    """One, mounted at `place`."""

    def __init__(self, place: Path) -> None:
        """It is empty."""
        self.place, self.image = place, place.with_suffix(".img")
        place.mkdir(parents=True)
        self.make()

    def make(self) -> None:
        """A new file system, in a new file."""
        self.image.unlink(missing_ok=True)
        with open(self.image, "wb") as image:
            image.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", self.image], check=True, capture_output=True)
        self.mount()

    def mount(self) -> None:
        """The journal is not written by itself: only when a program flushes something."""
        subprocess.run(["mount", "-o", "loop,commit=300", self.image, self.place], check=True, capture_output=True)

    def unmount(self) -> None:
        """Nobody uses it any more; no effect if it is not mounted."""
        if os.path.ismount(self.place):
            subprocess.run(["umount", self.place], check=True, capture_output=True)

    def remember(self) -> Path:
        """What is on the disk at this moment, in a file; whoever writes to it has to be stopped."""
        kept = self.image.with_suffix(".cut")
        subprocess.run(["cp", "--sparse=always", self.image, kept], check=True)
        return kept

    def go_back(self, kept: Path) -> None:
        """Be as it was then; whoever wrote to it has to be dead."""
        self.unmount()
        kept.replace(self.image)
        self.mount()
