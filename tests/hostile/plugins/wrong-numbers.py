r"""Every function of the host with what does not fit its type: NaN, negative, too large, no number.

ends: harmless
says: "accepted": 0, "refused": \d{3}
wall: the runtime's checks of arguments
"""
import importlib
import inspect
import math

WRONG = (math.nan, math.inf, -math.inf, -1, 2 ** 32, 2 ** 64, 10 ** 400, -2 ** 63, 0.5, "\ud800",
         None, object(), [[]], {"a": 1}, 1j, range(3), slice(1))
INTERFACES = ("gpio_provider", "led_controller", "buzzer_controller", "i2c", "gpio", "spi",
              "uart", "state", "log")


def functions():
    for name in INTERFACES:
        module = importlib.import_module(f"wit_world.imports.{name}")
        for function in vars(module).values():
            if inspect.isfunction(function) and hasattr(function, "__wrapped__"):
                yield function, len(inspect.signature(function).parameters)


def poll():
    accepted = refused = 0
    for function, count in functions():
        for wrong in WRONG if count else ():
            try:
                function(*[wrong] * count)
                accepted += 1
            except (TypeError, ValueError, OverflowError):
                refused += 1
    return {"accepted": accepted, "refused": refused}
