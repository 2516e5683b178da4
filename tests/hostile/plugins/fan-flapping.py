r"""Turns the fan on and off thousands of times a second, until the relay is worn out.

ends: harmless
says: "done": true
world: "fan": \{"on": (true|false), "switched": \d{1,2},
wall: the relay's shortest time between two switches
grant: allow_fan = true
"""
from wit_world.imports import fan_controller


def poll():
    for _ in range(1000):
        fan_controller.set_fan(True)
        fan_controller.set_fan(False)
    return {"done": True}
