r"""Sounds the buzzer in every way, without a grant.

ends: harmless
says: "done": true
world: "buzzer": \{"on": false
wall: the grant
"""
from wit_world.imports import buzzer_controller


def poll():
    buzzer_controller.buzz(2 ** 32 - 1)
    buzzer_controller.beep(255, 2 ** 32 - 1, 0)
    return {"done": True}
