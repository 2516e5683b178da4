r"""Waits for edges of a line on which nothing happens, as long as a call may.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline; a capture waits at most 2 s
grant: allow_gpio = [23]
"""
from wit_world.imports import gpio


def poll():
    gpio.capture_edges(23, 2000, 1024)
