"""Adafruit Blinka's microcontroller: pins, and waiting."""
import time

from microcontroller import pin
from microcontroller.pin import Pin

__all__ = ["Pin", "delay_us", "pin"]


def delay_us(delay: float) -> None:
    """Microseconds."""
    time.sleep(delay / 1e6)
