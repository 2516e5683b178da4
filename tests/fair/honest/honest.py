"""Waits for a measurement, reads a button, and numbers its readings.

grant: allow_gpio = [22]
grant: share_gpio = [22]
interval: 0.5
"""
import time

from wit_world.imports import gpio

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    time.sleep(0.12)
    gpio.read(22)
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
