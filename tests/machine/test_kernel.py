"""Unit tests of what the kernel does, on the machine's: every forbidden call of wall two, process limits, and the watch over
guests. An arm64 build has nowhere else to run them: qemu's emulation of a processor does not pass these calls on.
"""
import os
import re
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from emulated import programs
from machine import BOARD_NAME, Machine, create_disk, pack

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = programs()


def _cmocka() -> Path:
    """The library that the programs were linked with; the image does not have it."""
    root = Path("/")
    if BOARD_NAME != subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip():
        root = Path(subprocess.run([REPOSITORY / "tools" / "build-cross", BOARD_NAME, "root"], capture_output=True, text=True,
                                   check=True).stdout.strip())
    return next(root.glob("usr/lib/*-linux-gnu/libcmocka.so.0")).resolve()


@pytest.fixture(scope="module")
def bare(image: Path, far_end: Path, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with the package's libraries and the test programs; nothing is installed."""
    folder = tmp_path_factory.mktemp("bare")
    disk, parcel = folder / "disk.qcow2", folder / "parcel.tar"
    create_disk(image, disk)
    programs = Path(os.environ["HARVESTER_MACHINE_BUILD"]) / "tests" / "unit"
    library = _cmocka()
    pack(parcel, [package, library, *(programs / name for name in PROGRAMS)])
    with Machine(image, far_end, folder / "run", disk, parcel) as machine:
        machine.unpack()
        machine.run(f"cd /root && dpkg -x {package.name} / && mv {library.name} libcmocka.so.0 && "
                    "printf '/root\\n/usr/lib/harvester\\n' >/etc/ld.so.conf.d/tests.conf && ldconfig")
        yield machine


@pytest.mark.parametrize("program", [Path(name).name for name in PROGRAMS])
def test_unit(bare: Machine, program: str) -> None:
    """None may be skipped but what this kernel's Landlock is too old for."""
    status, output, errors = bare.attempt(f"/root/{program}")
    skipped = set(re.findall(r"SKIPPED \] (\w+)$", errors, re.MULTILINE))
    assert status == 0 and skipped <= {"landlock_stops_signals_and_abstract_sockets"}, output + errors
