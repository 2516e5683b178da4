r"""Begins the longest sound again before it ends.

ends: harmless
says: "done": true
world: "buzzer": \{"on": false, "switched": [1-9]\d*,
wall: what plugins may sound fills with time
grant: allow_buzzer = true
"""
from wit_world.imports import buzzer_controller

count = 0


def poll():
    global count
    count += 1
    buzzer_controller.buzz(2 ** 32 - 1)
    return {"count": count, "done": True}
