r"""Calls the generated functions behind the runtime's checks, with values of another type.

ends: killed
says: trap: .*
wall: the component's own types
"""
from wit_world.imports import i2c


def poll():
    i2c.transfer.__wrapped__("eight", object(), -1)
