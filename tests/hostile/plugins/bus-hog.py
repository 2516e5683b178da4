r"""Reads all that a message can hold from the neighbour's bus, again and again.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the bus's queue, one transaction for each plugin at a time, and the deadline
grant: allow_i2c = [0x77]
"""
from wit_world.imports import i2c


def poll():
    while True:
        i2c.write_read(1, 0x77, b"\xd0", 1024)
