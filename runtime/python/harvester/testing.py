"""For the tests of a plugin, which `harvester plugin test` runs in the sandbox, on simulated devices.

    import plugin
    from harvester import testing

    def test_reading():
        assert abs(plugin.poll()["lux"] - testing.truth()["bh1750"]["lux"]) < 20

    def test_a_known_value():
        with testing.answer("i2c.write_read", lambda bus, address, data, size: b"\\x00\\x78"):
            assert plugin.poll()["lux"] == 100
"""
import contextlib
import importlib
import json
from typing import Any, Callable, Iterator

from componentize_py_types import Err

_truth = "{}"


def truth() -> dict[str, Any]:
    """What the simulated devices really have, by device, as of the start of the tests: the values
    move slowly. As `/api/v1/simulation` of a node has it.
    """
    return json.loads(_truth)


@contextlib.contextmanager
def answer(function: str, reply: Callable[..., Any]) -> Iterator[list[tuple[Any, ...]]]:
    """In a `with`: calls of this function of the host ("i2c.write_read") are answered by `reply`
    instead. It gives the list of the calls' arguments.
    """
    interface, _, name = function.partition(".")
    module = importlib.import_module(f"wit_world.imports.{interface}")
    calls: list[tuple[Any, ...]] = []

    def call(*args: Any, **named: Any) -> Any:
        calls.append((*args, *named.values()))
        return reply(*args, **named)
    original = getattr(module, name)
    setattr(module, name, call)
    try:
        yield calls
    finally:
        setattr(module, name, original)


@contextlib.contextmanager
def fault(function: str, error: Any) -> Iterator[list[tuple[Any, ...]]]:
    """In a `with`: this function of the host fails with `Err(error)`: a text, or for
    `i2c.write_read` the name of a case, as in `fault("i2c.write_read", "NO_ACKNOWLEDGE")`.
    """
    if function == "i2c.write_read" and isinstance(error, str):
        error = importlib.import_module("wit_world.imports.i2c").I2cError[error]

    def fail(*args: Any, **named: Any) -> Any:
        raise Err(error)
    with answer(function, fail) as calls:
        yield calls
