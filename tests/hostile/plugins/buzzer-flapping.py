r"""Begins a beep thousands of times a second, until the relay is worn out.

ends: harmless
says: "done": true
world: "buzzer": \{"on": (true|false), "switched": \d{1,2},
wall: what plugins may sound fills with time
grant: allow_buzzer = true
"""
from wit_world.imports import buzzer_controller


def poll():
    for _ in range(4000):
        buzzer_controller.beep(255, 1, 0)
        buzzer_controller.buzz(0)
    return {"done": True}
