"""Modules that the sandbox cannot have, and which modules win where names collide."""
import ctypes as real
from typing import Any, Iterator

import pytest

from harvester_runtime import absent, ctypes_numbers


@pytest.fixture
def fcntl() -> Iterator[Any]:
    """As the sandbox gives it; this machine has the real one."""
    finder = absent.Finder()
    spec = finder.find_spec("fcntl")
    assert spec and not finder.find_spec("json")
    yield finder.create_module(spec)


def test_what_is_absent_can_be_imported_and_not_used(fcntl: Any) -> None:
    ioctl, error, constant = fcntl.ioctl, fcntl.SomeError, fcntl.LOCK_EX
    assert issubclass(error, OSError) and constant == 0 and fcntl.ioctl is ioctl

    class Mine(ioctl):
        field: "ioctl | None" = None
    for use in (lambda: ioctl(1, 2), lambda: Mine(), lambda: ioctl.something):
        with pytest.raises(NotImplementedError, match="devices are reached through smbus2"):
            use()
    assert not hasattr(fcntl, "__path__")


@pytest.mark.parametrize("name", sorted(ctypes_numbers.INTEGERS))
def test_integers_are_those_of_ctypes(name: str) -> None:
    ours, theirs = ctypes_numbers.NAMES[name], getattr(real, name)
    for value in (0, 1, -1, 0x7F, 0x80, 0xFFFF, 0x8000, -0x8001, 1 << 31, 1 << 63, (1 << 64) + 5):
        assert ours(value).value == theirs(value).value
    assert ctypes_numbers.sizeof(ours) == real.sizeof(theirs)


def test_floats_are_those_of_ctypes() -> None:
    assert ctypes_numbers.NAMES["c_float"](0.1).value == real.c_float(0.1).value
    assert repr(ctypes_numbers.NAMES["c_double"](2)) == repr(real.c_double(2))


def test_a_stand_in_wins_over_lib_and_gives_way_to_the_plugin(runtime: Any) -> None:
    poll = "import smbus2\ndef poll():\n    return {'file': smbus2.__file__}\n"
    runtime.load({"plugin.py": poll, "lib/smbus2/__init__.py": ""})
    assert "stand_ins" in runtime.poll()["file"]
    runtime.load({"plugin.py": poll, "smbus2.py": "", "lib/smbus2/__init__.py": ""})
    assert runtime.poll()["file"] == "smbus2.py"
