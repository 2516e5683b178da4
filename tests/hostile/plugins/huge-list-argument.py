r"""Hands the host 24 million bytes, of which the engine once made 32 bytes each.

ends: failed
says: MemoryError \(huge-list-argument.py, line \d+\)
wall: the limit on linear memory; bytes reach the engine as one text
grant: allow_spi = ["spi0.0"]
"""
from wit_world.imports import spi


def poll():
    spi.transfer(bytes(24_000_000))
