"""Nodes for the tests; see node.py."""
from pathlib import Path
from typing import Callable, Iterator

import pytest
from node import BUILD, Harvester, Sections, simulated

@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """There is something to test."""
    for name in ("harvester", "harvester-guest", "runtime.cwasm"):
        assert (BUILD / name).exists(), f"{BUILD / name} is missing: run `make build`"


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty folder for plugins."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, plugins: Path) -> Iterator[Callable[..., Harvester]]:
    """Start a simulated node on the folder `plugins`, with changes to its configuration; the test
    has to end well, and then the node has to.
    """
    started: list[Harvester] = []

    def run(changes: Sections | None = None) -> Harvester:
        started.append(Harvester(tmp_path, simulated(changes), plugins))
        return started[-1].__enter__()
    yield run
    for harvester in started:
        harvester.__exit__(None)
