"""The plain Python processes to compare with: Debian's python3 with smbus2.

There is no i2c bus on most machines, so the simulated one is loaded into the process: sim_bus.c
with the host's own bus and device models. smbus2 builds its messages as ever; only the ioctl() at
its end goes there.
"""
import dataclasses
import os
import pathlib
import subprocess
import sys

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


def prepare(bench: Bench) -> Peer | None:
    """Install smbus2 and build the bus; None, with a message, where that does not work."""
    python = str(DEBIAN_PYTHON if DEBIAN_PYTHON.exists() else sys.executable)
    packages, library = bench.folder / "packages", bench.folder / "sim_bus.so"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *LIBRARIES], capture_output=True,
                           text=True, check=False).stdout.split()
    steps = [[find_pip(), "-m", "pip", "install", "-q", "--disable-pip-version-check",
              "--root-user-action=ignore", "--target", str(packages), "smbus2"],
             ["cc", "-std=c17", "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", f"-I{HERE}/../src",
              str(HERE / "sim_bus.c"), str(bench.build / "libsimulation.a"),
              str(bench.build / "libcore.a"), "-o", str(library), *flags, "-lm", "-lpthread",
              "-Wl,--no-undefined"]]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"no plain Python to compare with: {step[0]} failed\n{done.stderr}")
            return None
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
    return Peer(python, version.strip(), packages, library)


def start(peer: Peer, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run one of the scripts; it prints a line for each measurement."""
    environment = os.environ | {"PYTHONPATH": str(peer.packages), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([peer.python, str(HERE / "native" / script), str(peer.library),
                             *arguments], stdout=subprocess.PIPE, text=True, env=environment)


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
