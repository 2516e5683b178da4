"""Nodes to attack, and what was measured."""
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system"), str(HERE.parent / "components")]

from arena import Arena, Result  # noqa: E402
from node import BUILD, PROGRAM  # noqa: E402
import attack  # noqa: E402
import report  # noqa: E402

RESULTS: list[Result] = []


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """There is something to test."""
    for name in ("harvester", "harvester-guest", "runtime.cwasm"):
        assert (BUILD / name).exists(), f"{BUILD / name} is missing: run `make build`"


@pytest.fixture(scope="session")
def results() -> list[Result]:
    """Of the attacks so far."""
    return RESULTS


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A node with the real guest."""
    attacks = [*attack.plugins(), *attack.functions("files"), *attack.functions("components")]
    with Arena(tmp_path_factory.mktemp("hostile"), PROGRAM, attacks) as arena:
        yield arena


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A node whose guests of components are the attacker's."""
    folder = tmp_path_factory.mktemp("fallen")
    program = folder / "bin" / "harvester"
    (folder / "bin" / "real").mkdir(parents=True)
    for file in ("harvester", "runtime.cwasm"):
        shutil.copy(BUILD / file, folder / "bin")
    shutil.copy(BUILD / "harvester-guest", folder / "bin" / "real")
    shutil.copy(HERE / "fake_guest.py", folder / "bin" / "harvester-guest")
    os.chmod(folder / "bin" / "harvester-guest", 0o755)
    (folder / "bin" / "guests").symlink_to(HERE / "guests")
    with Arena(folder / "node", program, attack.guests()) as arena:
        yield arena


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures, printed and kept."""
    if RESULTS:
        terminalreporter.write_line("")
        terminalreporter.write_line(report.table(RESULTS))
        report.save(RESULTS)
