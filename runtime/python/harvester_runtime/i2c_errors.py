"""Errors of `i2c.write_read` with their bus and address.

The host answers with a case of `I2cError`. What a plugin catches has that case as its `value`, and what
nobody catches says in the log and on the card which device it was.
"""
import functools
from typing import Any

from componentize_py_types import Err
from wit_world.imports import i2c

from harvester_runtime import imports

WORDS = {
    "NO_ACKNOWLEDGE": "no acknowledge",
    "BUS": "an illegal start or stop, or a line held low",
    "ARBITRATION_LOSS": "another master won the bus",
    "TIMEOUT": "timeout",
    "NOT_GRANTED": "not granted",
    "INVALID": "more bytes than a message may have, or no such address",
}


class I2cErr(Err):
    """An Err that names the device."""

    text = ""

    def __str__(self) -> str:
        return self.text


I2cErr.__module__, I2cErr.__qualname__ = "componentize_py_types", "Err"  # as the author knows it


def _describe(bus: int, address: int, case: Any) -> str:
    words = WORDS.get(case.name, case.name)
    if case.name == "INVALID":
        try:
            i2c.check_bus(bus)
        except Err as error:
            return f"{error.value} ({case})"
    return f"i2c bus {bus}, address {address:#04x}: {words} ({case})"


def _named(bus: int, address: int, case: Any) -> I2cErr:
    """Not a variable of who raises it: see imports.released()."""
    error = I2cErr(case)
    error.text = _describe(bus, address, case)
    return error


def install() -> None:
    """Put it around the function; `imports` puts its checks around this."""
    original = imports.released(i2c.write_read)

    @functools.wraps(original)
    def write_read(bus: int, address: int, data: Any, read_len: int) -> bytes:
        try:
            return original(bus, address, data, read_len)
        except Err as error:
            case = error.value
        raise _named(bus, address, case)
    i2c.write_read = write_read
