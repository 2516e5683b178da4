r"""Every function of the host with too few and too many arguments.

ends: harmless
says: "accepted": 0
wall: the runtime's checks of arguments
"""
import importlib
import inspect


def poll():
    accepted = 0
    for name in ("led_controller", "buzzer_controller", "fan_controller", "i2c", "gpio"):
        module = importlib.import_module(f"wit_world.imports.{name}")
        for function in vars(module).values():
            if not hasattr(function, "__wrapped__"):
                continue
            count = len(inspect.signature(function).parameters)
            for wrong in {count - 1, count + 1, 200} - {-1}:
                try:
                    function(*[0] * wrong)
                    accepted += 1
                except TypeError:
                    pass
    return {"accepted": accepted}
