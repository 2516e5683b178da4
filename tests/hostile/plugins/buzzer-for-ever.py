r"""Begins the longest sound again before it ends.

ends: harmless
says: "done": true
world: "buzzer": \{"on": false, "switched": [1-9]\d*,
bug: the longest sound is that of one pattern, and a new one may begin at once
wall: the limit on a pattern's sound
grant: allow_buzzer = true
"""
from wit_world.imports import buzzer_controller

count = 0


def poll():
    global count
    count += 1
    buzzer_controller.buzz(2 ** 32 - 1)
    return {"count": count, "done": True}
