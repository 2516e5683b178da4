r"""Looks for a device at every address, in both ways, where it was granted none.

ends: harmless
says: "open": \[\], "refused": 1279
wall: the grant
"""
from wit_world.imports import i2c


def attempt(function, *args):
    try:
        return function(*args) is not None
    except Exception:
        return False


def poll():
    open_ones = [a for a in range(256) if attempt(i2c.transfer, a, "", 1)]
    open_ones += [a for a in range(1023) if attempt(i2c.write_read, 1, a, b"", 1)]
    return {"open": open_ones, "refused": 256 + 1023 - len(open_ones)}
