"""The LED strip. Colours are buffered; `sync-leds` ends the cycle and shows them."""

def set_led(index: int, r: int, g: int, b: int) -> None: ...


def set_all(r: int, g: int, b: int) -> None: ...


def set_two(r0: int, g0: int, b0: int, r1: int, g1: int, b1: int) -> None:
    """LED 0 and LED 1."""


def clear() -> None: ...


def sync_leds() -> None: ...
