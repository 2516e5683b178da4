r"""Floods the log through the host's own function, as fast as host calls go.

ends: harmless
says: "done": true
wall: the count of lines a second
"""
from wit_world.imports import log


def poll():
    for i in range(2000):
        log.write(log.Level.INFO, f"flood {i}")
    return {"done": True}
