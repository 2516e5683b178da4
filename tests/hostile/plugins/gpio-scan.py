r"""Reads, writes and turns round every line, where it was granted none.

ends: harmless
says: "open": \[\]
wall: the grant
world: "buzzer": \{"on": false
"""
from wit_world.imports import gpio


def attempt(function, *args):
    try:
        function(*args)
        return True
    except Exception:
        return False


def poll():
    found = [n for n in range(256)
             if attempt(gpio.set_mode, n, gpio.Mode.OUTPUT) or attempt(gpio.write, n, True)
             or attempt(gpio.read, n) or attempt(gpio.capture_edges, n, 0, 1)]
    return {"open": found}
