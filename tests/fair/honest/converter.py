"""Reads eight inputs of an MCP3008 with a pause between two, as one that averages does. Numbers its readings.

grant: allow_spi = ["spi0.1"]
interval: 2
"""
import time

from wit_world.imports import spi

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    for channel in range(8):
        spi.transfer_device("spi0.1", bytes([1, 0x80 | channel << 4, 0]))
        time.sleep(0.02)
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
