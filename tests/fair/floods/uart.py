"""Writes as much as a write may hold to a shared serial port, again and again.

named: took longer than its deadline|has waited
grant: allow_uart = ["serial0"]
grant: deadline_seconds = 3
seconds: 5
beside: meter
"""
from wit_world.imports import uart


def poll():
    while True:
        uart.write_port("serial0", bytes(4096))
