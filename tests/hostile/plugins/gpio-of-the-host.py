r"""Was granted the lines of the host's own relays and sensor, by mistake, and switches them.

ends: refused
says: GPIO17 drives the node's buzzer and cannot be granted to a plugin
wall: the grant leaves the host's own lines out
grant: allow_gpio = [4, 17, 27]
world: "buzzer": \{"on": false.*"fan": \{"on": false
"""
from wit_world.imports import gpio


def poll():
    switched = []
    for line in (17, 27):
        for value in (True, False, True):
            try:
                gpio.set_mode(line, gpio.Mode.OUTPUT)
                gpio.write(line, value)
                switched.append(line)
            except Exception:
                pass
    return {"switched": switched}
