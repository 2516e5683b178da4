r"""Hands the host a string of 16 MB.

ends: killed
says: the guest process ended \(status 1\)|larger than 1 MiB
wall: the limit on a frame
"""
from wit_world.imports import log


def poll():
    log.write(log.Level.INFO, "x" * 16_000_000)
