r"""Shows signs of life while it sleeps past its deadline.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline, which no host call renews
"""
import time

from wit_world.imports import gpio_provider


def poll():
    while True:
        time.sleep(0.05)
        gpio_provider.get_timestamp_ms()
