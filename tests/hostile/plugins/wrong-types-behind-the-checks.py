r"""Calls the generated functions behind the runtime's checks, with values of another type.

ends: killed
says: trap: .*
wall: the component's own types
"""
from wit_world.imports import i2c


def poll():
    function = i2c.transfer
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function("eight", object(), -1)
