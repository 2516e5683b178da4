"""General purpose lines, by number."""
from dataclasses import dataclass
from enum import Enum


class Mode(Enum):
    INPUT = 0
    INPUT_PULL_UP = 1
    INPUT_PULL_DOWN = 2
    OUTPUT = 3


@dataclass
class Edge:
    timestamp_ns: int
    rising: bool


def read(line: int) -> bool:
    """Raises: `componentize_py_types.Err(str)`"""


def write(line: int, value: bool) -> None:
    """Raises: `componentize_py_types.Err(str)`"""


def set_mode(line: int, mode: Mode) -> None:
    """Raises: `componentize_py_types.Err(str)`"""


def capture_edges(line: int, timeout_ms: int, max: int) -> list[Edge]:
    """The edges seen until `max` of them are there or `timeout-ms` have passed, whichever is
    first. Few edges, or none, are no error.

    Raises: `componentize_py_types.Err(str)`
    """
