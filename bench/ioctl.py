"""One i2c transaction through i2c-dev: what Python to ioctl and back costs beyond the ioctl itself.

Both read 2 bytes of the same light sensor through /dev/i2c-1, which a preloaded library makes
(tests/kernel): it takes the kernel's structs, its wire takes no time, and it measures itself. The
native side is plain Python with smbus2, unchanged.
"""
import os
import pathlib
import statistics
import subprocess

import native
from bus import FIELD, PLUGIN
from node import ROOT, Node
from report import Bench, Figure

RUNS = 5
POLLS = 10
TARGET_US = 40.0
KERNEL = ROOT / "tests" / "kernel"


def build_library(bench: Bench) -> pathlib.Path:
    """The library that is preloaded."""
    library = bench.folder / "i2c_dev.so"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *native.LIBRARIES],
                           capture_output=True, text=True, check=True).stdout.split()
    sources = [str(path) for path in KERNEL.glob("kernel*.c")] + [str(KERNEL / "preload.c")]
    subprocess.run(["cc", "-std=c17", "-O2", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-shared",
                    "-fPIC", f"-I{ROOT}/src", *sources, str(bench.build / "libsimulation.a"),
                    str(bench.build / "libcore.a"), "-o", str(library), *flags, "-lm", "-lpthread",
                    "-Wl,--no-undefined"], check=True)
    return library


def beyond(transfer_us: float, times: pathlib.Path) -> tuple[float, float]:
    """What was spent outside of the ioctl, and in it: microseconds at the median."""
    ioctl_us = int(times.read_text()) / 1000
    return transfer_us - ioctl_us, ioctl_us


def in_sandbox(bench: Bench, environment: dict[str, str], times: pathlib.Path) -> tuple[float, float]:
    """From a plugin."""
    with Node(bench, {"transfers": PLUGIN}, 0.2, backend="linux",
              environment=environment) as node:
        node.wait_for_polls(POLLS)
    return beyond(statistics.median(float(value) for *_, text in node.lines
                                    for value in FIELD.findall(text)), times)


def natively(bench: Bench, environment: dict[str, str], times: pathlib.Path) -> tuple[float, float]:
    """From a plain Python process."""
    done = subprocess.run([bench.peer.python, str(native.HERE / "native" / "i2c_dev.py")],
                          env=environment | {"PYTHONPATH": str(bench.peer.packages)},
                          capture_output=True, text=True, check=True)
    return beyond(float(done.stdout), times)


def measure(bench: Bench) -> list[Figure]:
    """Alternating, so that both see the same machine."""
    times = bench.folder / "ioctl-times"
    environment = {**os.environ, "LD_PRELOAD": str(build_library(bench)),
                   "KERNEL_TIMES": str(times)}
    ours, theirs = [], []
    for _ in range(bench.runs(RUNS)):
        ours.append(in_sandbox(bench, environment, times))
        if bench.peer:
            theirs.append(natively(bench, environment, times))
    figures = [Figure("from a plugin, beyond the ioctl", "µs", [spent for spent, _ in ours],
                      TARGET_US),
               Figure("the ioctl itself", "µs", [inside for _, inside in ours + theirs])]
    if theirs:
        figures.append(Figure("natively, beyond the ioctl", "µs", [spent for spent, _ in theirs],
                              note=f"{bench.peer.python} ({bench.peer.version}) with smbus2"))
    return figures
