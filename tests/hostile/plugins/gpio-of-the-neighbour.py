r"""Asks for the line that the neighbour uses.

ends: harmless
says: "got": "[^"]*(in use|neighbour)
wall: a line belongs to one plugin
grant: allow_gpio = [22]
"""
from wit_world.imports import gpio


def poll():
    try:
        gpio.write(22, True)
        return {"got": "the line"}
    except Exception as error:
        return {"got": str(error.value if hasattr(error, "value") else error)}
