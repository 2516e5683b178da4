"""The shared Python runtime: a plugin's source comes in as text, its results go out as JSON.

It is built once into a component (tools/build-runtime). Everything imported here happens at build time and is part of the
component's memory image: what a plugin may import later has to be in that image, since the sandbox
has no file system.
"""
import gc
import os
import random
import sys

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import (  # noqa: F401  linked here, so that plugins can import them
    buzzer_controller, fan_controller, gpio, gpio_provider, i2c, led_controller, log, settings, spi,
    state, system_info, uart)

from harvester_runtime import (
    absent, calls, compact, errors, exported, gpiozero_pins, i2c_errors, immortal, imports, output, plugin,
    stand_ins, stdlib, waiting, warmup)

IN_SANDBOX = sys.platform == "wasi"  # and not in a test

stdlib.preload()
exported.install()
i2c_errors.install()
imports.install()
stand_ins.preload()
gpiozero_pins.install()
if IN_SANDBOX:
    absent.install()
    waiting.install()
current: plugin.Plugin | None = None


def unload_plugin() -> None:
    """Forget the plugin that is loaded, if any."""
    global current
    if current:
        current.unload()
        current = None


def load_plugin(name: str, files: dict[str, str]) -> list[str]:
    """Replace the plugin that is loaded and return the names of the new one's functions."""
    global current
    unload_plugin()
    sys.argv = sys.argv or ["plugin"]  # argparse wants a program's name
    random.seed(os.urandom(32))  # the image's state is the same in every instance
    current = plugin.Plugin(name, files)
    return current.functions


def call_plugin(function: str, argument: str) -> str:
    """Call one of the plugin's functions and return its result as the host wants it."""
    if not current:
        raise RuntimeError("no plugin is loaded")
    calls.run_before()
    return current.call(function, argument)


class Script(exports.Script):
    """The interface `script`. Whatever a plugin raises, even SystemExit, ends here as text."""

    def load(self, name: str, files: list[tuple[str, str]]) -> list[str]:
        """See wit/harvester/plugin.wit."""
        try:
            return load_plugin(name, dict(files))
        except BaseException as error:  # noqa: B902
            raise Err(errors.describe(error)) from None
        finally:
            output.flush()

    def call(self, function: str, argument: str) -> str:
        """See wit/harvester/plugin.wit."""
        try:
            return call_plugin(function, argument)
        except BaseException as error:  # noqa: B902
            raise Err(errors.describe(error)) from None
        finally:
            output.flush()


if IN_SANDBOX:
    immortal.make(0)  # before the warm-up, in which the interpreter adapts its code to what it finds
warmup.run(load_plugin, call_plugin)
unload_plugin()
output.install(log)
gc.collect()
if IN_SANDBOX:
    immortal.make(1)
    holes = compact.fill_holes()
    spare = compact.empty_free_lists()
gc.freeze()  # the collector never writes to the image's objects: forked children share their pages
