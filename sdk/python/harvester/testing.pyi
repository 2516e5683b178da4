"""For the tests of a plugin, which `harvester plugin test` runs."""
from contextlib import AbstractContextManager
from typing import Any, Callable


def truth() -> dict[str, Any]:
    """What the simulated devices really have, by device, as of the start of the tests."""


def answer(function: str,
           reply: Callable[..., Any]) -> AbstractContextManager[list[tuple[Any, ...]]]:
    """In a `with`: calls of this function of the host ("i2c.write_read") are answered by `reply`.
    It gives the list of the calls' arguments.
    """


def fault(function: str, error: Any) -> AbstractContextManager[list[tuple[Any, ...]]]:
    """In a `with`: this function of the host fails with `Err(error)`: a text, or for
    `i2c.write_read` the name of a case ("NO_ACKNOWLEDGE").
    """
