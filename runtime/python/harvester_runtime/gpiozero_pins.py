"""The pin factory of gpiozero, which a plugin brings along in lib/.

gpiozero tries `gpiozero.pins.lgpio` first; in the sandbox that is this module, made of gpiozero's
own pins over RPi.GPIO.
"""
import importlib
import importlib.abc
import importlib.machinery
import sys
import types

MODULE = "gpiozero.pins.lgpio"
REVISION = 0xC03111  # a Raspberry Pi 4 B: the header that most boards have


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds that one module."""

    def find_spec(self, fullname, path=None, target=None):  # noqa: ANN001, ANN201
        """See importlib."""
        return importlib.machinery.ModuleSpec(MODULE, self) if fullname == MODULE else None

    def exec_module(self, module: types.ModuleType) -> None:
        """The factory under the name that gpiozero asks for."""
        pins = importlib.import_module("gpiozero.pins.rpigpio")
        mixins = importlib.import_module("gpiozero.mixins")
        module.LGPIOFactory = type(  # type: ignore[attr-defined]
            "HarvesterFactory", (pins.RPiGPIOFactory,), {"_get_revision": lambda self: REVISION})
        # Every button has this thread, which does nothing but call when_held.
        mixins.HoldThread.start = mixins.HoldThread.stop = lambda self: None


def install() -> None:
    """Be asked before the files of the plugin are."""
    sys.meta_path.insert(0, Finder())
