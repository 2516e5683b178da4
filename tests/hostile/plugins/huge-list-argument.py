r"""Hands the host a list of 24 million bytes, of which the engine makes 32 bytes each.

ends: killed
says: the guest process (crashed|ended|was killed).*|trap: .*|used \d+ MB, its limit is \d+ MB
wall: the limits on linear memory and on the process's
grant: allow_spi = ["spi0.0"]
"""
from wit_world.imports import spi


def poll():
    spi.transfer(bytes(24_000_000))
