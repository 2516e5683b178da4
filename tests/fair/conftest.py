"""How much of the matrix is run, and its figures."""
import random
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.path += [str(HERE.parent / "hostile"), str(HERE.parent / "web")]

from cell import Figures  # noqa: E402
from flood import RESOURCES, read  # noqa: E402
from node import BUILD  # noqa: E402
import report  # noqa: E402

RESULTS: list[Figures] = []
SHORT, FULL = (1,), (1, 4, 16)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--full, --beside and --seed."""
    group = parser.getgroup("fair shares")
    group.addoption("--full", action="store_true", help="1, 4 and 16 floods of each kind; judge times too")
    group.addoption("--beside", type=int, default=0, help="so many of the benchmark's plugins run beside them all")
    group.addoption("--seed", type=int, default=None, help="of the order in which floods come; printed at the end")


def pytest_configure(config: pytest.Config) -> None:
    """One seed for all cells of a run."""
    if config.getoption("--seed") is None:
        config.option.seed = random.SystemRandom().randrange(1 << 32)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each cell."""
    if {"resource", "count"} <= set(metafunc.fixturenames):
        metafunc.parametrize("resource", [pytest.param(resource, marks=[pytest.mark.xfail(strict=True, reason=bug)]
                                                       if (bug := read(resource).bug) else []) for resource in RESOURCES])
        metafunc.parametrize("count", FULL if metafunc.config.getoption("--full") else SHORT)


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """There is something to test."""
    for name in ("harvester", "harvester-guest", "runtime.cwasm"):
        assert (BUILD / name).exists(), f"{BUILD / name} is missing: run `make build`"


@pytest.fixture(scope="session")
def results() -> list[Figures]:
    """Of the cells so far."""
    return RESULTS


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures, printed and kept."""
    if RESULTS:
        terminalreporter.write_line("")
        terminalreporter.write_line(report.table(RESULTS))
        terminalreporter.write_line(f"--seed={config.getoption('--seed')} gives the same floods in the same order")
        report.save(RESULTS)
