"""Nodes for the tests; see node.py."""
import pytest
from node import BUILD


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """There is something to test."""
    for name in ("harvester", "harvester-guest", "runtime.cwasm"):
        assert (BUILD / name).exists(), f"{BUILD / name} is missing: run `make build`"
