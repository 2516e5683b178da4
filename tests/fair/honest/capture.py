"""Captures the edges of a line for 1 s. Numbers its readings.

grant: allow_gpio = [20]
grant: share_gpio = [20]
interval: 4
uses: 1
"""
import time

from wit_world.imports import gpio

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    gpio.capture_edges(20, 1000, 1)
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
