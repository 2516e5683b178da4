"""Asks a meter at a serial port: a request of 8 bytes, a pause, the answer. Numbers its readings.

grant: allow_uart = ["serial0"]
interval: 2
"""
import time

from wit_world.imports import uart

count = 0


def poll():
    global count
    count += 1
    began = time.monotonic()
    uart.write_port("serial0", b"\x42\x4d\xe2\x00\x00\x01\x71\x00")
    time.sleep(0.3)
    uart.read_port("serial0", 32)
    return {"count": count, "took_ms": (time.monotonic() - began) * 1000}
