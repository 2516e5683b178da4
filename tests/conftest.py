"""The order of every suite, and how often: see "Order and repetition" in CONTRIBUTING.md."""
import os
import random
from typing import Any

import pytest

ANY = "any"


def _seed(text: str) -> int:
    """The same in the processes that pytest-xdist starts: they inherit the environment."""
    if text == ANY:
        text = os.environ.setdefault("HARVESTER_SHUFFLE", str(random.SystemRandom().randrange(1 << 32)))
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--shuffle and --repeat."""
    group = parser.getgroup("order and repetition")
    group.addoption("--shuffle", metavar=f"SEED|{ANY}", type=_seed,
                    help=f"shuffle the files, and the tests of each; {ANY}: by a new seed, which is printed")
    group.addoption("--repeat", metavar="N", type=int, default=1,
                    help="run each test N times; what a file's tests share is made once")


@pytest.fixture
def repetition(request: pytest.FixtureRequest) -> int:
    """Which of them this is, from 1."""
    return request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each repetition."""
    times = metafunc.config.getoption("--repeat")
    if times > 1:
        metafunc.fixturenames.append("repetition")
        metafunc.parametrize("repetition", range(1, times + 1), indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before pytest's own, which brings together again the tests that share something dear, as a browser."""
    seed = config.getoption("--shuffle")
    if seed is None:
        return
    chance = random.Random(seed)
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(str(item.path), []).append(item)
    shuffled = list(files.values())
    chance.shuffle(shuffled)
    for tests in shuffled:
        chance.shuffle(tests)
    items[:] = [item for tests in shuffled for item in tests]


def _say(config: pytest.Config) -> list[str]:
    seed = config.getoption("--shuffle")
    return [] if seed is None else [f"shuffled: --shuffle={seed} gives this order again"]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """At the begin, for a run that does not end."""
    return _say(config)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """At the end, where tools/test shows it."""
    for line in _say(config):
        terminalreporter.write_line(line)
