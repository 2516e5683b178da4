r"""Asks for the line that the neighbour uses.

ends: refused
says: GPIO22 is held by plugin neighbour alone
wall: a line belongs to one plugin, unless both share it
grant: allow_gpio = [22]
"""
from wit_world.imports import gpio


def poll():
    try:
        gpio.write(22, True)
        return {"got": "the line"}
    except Exception as error:
        return {"got": str(error.value if hasattr(error, "value") else error)}
