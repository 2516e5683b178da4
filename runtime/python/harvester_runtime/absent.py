"""Modules that drivers import and the sandbox cannot have: they can be imported, and whatever is
called in them says why not.
"""
import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any, NoReturn

from harvester_runtime import ctypes_numbers

DEVICES = "devices are reached through smbus2, spidev, serial and RPi.GPIO"
CODE = "there is no compiled code in the sandbox"
MODULES = {  # why, by module
    "fcntl": DEVICES, "mmap": "there are no files in the sandbox", "pty": DEVICES,
    "resource": "the host sets the limits", "syslog": "use logging", "termios": DEVICES,
    "tty": DEVICES,
}
ERROR_ENDS = ("error", "Error", "Exception", "Expired")


class _Refusal(type):
    """The class of every name in an absent module: it can be a base, a type, an operand of |."""

    why = ""

    def __call__(cls, *args: Any, **named: Any) -> NoReturn:
        raise NotImplementedError(f"{cls.__module__}.{cls.__name__}: {cls.why}")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"{cls.__module__}.{cls.__name__}.{name}: {cls.why}")


class Absent(types.ModuleType):
    """A module in which every name exists: exceptions as such, constants as 0, all else a class
    that refuses to be called.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name, f"Not in the sandbox: {why}.")
        self.__why = why

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value: Any = 0
        if name.endswith(ERROR_ENDS):
            value = type(name, (OSError,), {"__module__": self.__name__})
        elif not name.isupper() or self.__name__ == "ctypes":  # CDLL and POINTER are to be called
            value = _Refusal(name, (), {"__module__": self.__name__, "why": self.__why})
        setattr(self, name, value)
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the absent modules where nothing else does."""

    def find_spec(self, fullname, path=None, target=None):  # noqa: ANN001, ANN201
        """See importlib."""
        if fullname in MODULES:
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """See importlib."""
        return Absent(spec.name, MODULES[spec.name])

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


def install() -> None:
    """Make them importable."""
    sys.meta_path.append(Finder())
    numbers = Absent("ctypes", CODE)
    vars(numbers).update(ctypes_numbers.NAMES)
    sys.modules["ctypes"] = numbers
