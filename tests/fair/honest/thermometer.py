"""Reads a 1-wire thermometer, which takes 0.75 s. Numbers its readings.

grant: allow_w1 = ["28-0316a2794bff"]
interval: 3
uses: 0.75
"""
import time

from wit_world.imports import one_wire

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    one_wire.read_temperature("28-0316a2794bff")
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
