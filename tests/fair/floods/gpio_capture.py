"""Captures the edges of a shared line, as long as a capture may take, again and again.

named: took longer than its deadline
grant: allow_gpio = [20]
grant: share_gpio = [20]
grant: deadline_seconds = 3
seconds: 9
beside: capture
"""
from wit_world.imports import gpio


def poll():
    while True:
        gpio.capture_edges(20, 2000, 1024)
