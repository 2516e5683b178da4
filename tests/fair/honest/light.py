"""Reads a light sensor as its data sheet says: start, wait for the measurement, fetch. Numbers its readings.

grant: allow_i2c = [0x23]
grant: share_i2c = [0x23]
interval: 2
"""
import time

from wit_world.imports import i2c

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    i2c.write_read(1, 0x23, b"\x20", 0)
    time.sleep(0.12)
    i2c.write_read(1, 0x23, b"", 2)
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
