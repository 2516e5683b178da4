"""Reads 8 kB from a chip, again and again.

named: took longer than its deadline
grant: allow_i2c = [0x77]
grant: share_i2c = [0x77]
grant: deadline_seconds = 1.5
seconds: 5
beside: light
"""
from wit_world.imports import i2c


def poll():
    while True:
        i2c.write_read(1, 0x77, b"\xd0", 2559)
