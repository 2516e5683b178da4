"""The plain Python processes to compare with: Debian's python3 with smbus2.

There is no i2c bus on most machines, so the simulated one is loaded into the process: sim_bus.c
with harvester's own bus and device models. smbus2 builds its messages as ever; only the ioctl() at
its end goes there.
"""
import dataclasses
import os
import pathlib
import subprocess
import sys
from typing import IO

from report import Bench

HERE = pathlib.Path(__file__).resolve().parent
DEBIAN_PYTHON = pathlib.Path("/usr/bin/python3")
LIBRARIES = ("libuv", "jansson", "libcbor", "libsodium")


@dataclasses.dataclass
class Peer:
    """A Python that can run the scripts in native/."""

    python: str
    version: str
    packages: pathlib.Path
    library: pathlib.Path


def find_pip() -> str:
    """A Python that has pip: that of the project's set-up where it is there."""
    cache = subprocess.run([str(HERE.parent / "tools" / "cache-dir")], capture_output=True,
                           text=True, check=True).stdout.strip()
    python = pathlib.Path(cache) / "venv" / "bin" / "python"
    return str(python) if python.exists() else sys.executable


def run(*command: str | pathlib.Path) -> str:
    """What the command wrote; RuntimeError with its complaints if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed\n{done.stderr}")
    return done.stdout


def install(folder: pathlib.Path, *packages: str) -> None:
    """Put packages of PyPI into a folder of their own."""
    run(find_pip(), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore", "--target", folder,
        *packages)


def compile_c(bench: Bench, target: pathlib.Path, *words: str | pathlib.Path) -> None:
    """Build a library or program with the simulated bus in it; `words`: more sources and options."""
    flags = run("pkg-config", "--cflags", "--libs", *LIBRARIES).split()
    run("cc", "-std=c17", "-O2", "-D_GNU_SOURCE", f"-I{HERE}/../src", *words, HERE / "sim_bus.c", bench.build / "libsimulation.a",
        bench.build / "libcore.a", "-o", target, *flags, "-lm", "-lpthread", "-Wl,--no-undefined")


def prepare(bench: Bench) -> Peer | None:
    """Install smbus2 and build the bus; None, with a message, where that does not work."""
    python = str(DEBIAN_PYTHON if DEBIAN_PYTHON.exists() else sys.executable)
    packages, library = bench.folder / "packages", bench.folder / "sim_bus.so"
    try:
        install(packages, "smbus2")
        compile_c(bench, library, "-shared", "-fPIC")
    except (OSError, RuntimeError) as error:
        print(f"no plain Python to compare with: {error}")
        return None
    return Peer(python, run(python, "-V").strip(), packages, library)


def start(peer: Peer, script: str, *arguments: str, errors: IO[str] | None = None) -> subprocess.Popen[str]:
    """Run one of the scripts; it prints a line for each measurement, and complains into `errors`."""
    environment = os.environ | {"PYTHONPATH": str(peer.packages), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([peer.python, str(HERE / "native" / script), str(peer.library),
                             *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line; an error if the script has ended."""
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended")
    return line


def description(peer: Peer) -> str:
    """What it is, for the table."""
    return (f"{peer.python} ({peer.version}) with smbus2, logging and json, the same driver; the "
            "simulated bus is a library in its process, called in place of smbus2's ioctl()")
