r"""Sends commands to the chip that the neighbour reads, without a grant for its address.

ends: harmless
says: "got": .*not.granted.*not.granted
wall: the grant
grant: allow_i2c = [0x77]
"""
from wit_world.imports import i2c


def attempt(function, *args):
    try:
        return repr(function(*args))
    except Exception as error:
        return repr(getattr(error, "value", error)).lower()


def poll():
    return {"got": [attempt(i2c.transfer, 0x23, "01", 2),
                    attempt(i2c.write_read, 1, 0x23, b"\x01", 2)]}
