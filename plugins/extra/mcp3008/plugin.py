"""MCP3008 on spi: a TMP36 at input 0 (temperature in °C), a light sensor at input 1 (illuminance in
lx), and the voltage at input 4 in V. The reference is 3.3 V.
"""
from wit_world.imports import spi

DEVICE = "spi0.1"
REFERENCE = 3.3
STEPS = 1024
NULL_BIT = 0x04  # always 0 in front of the word


def volts(channel: int) -> float:
    """One input against ground. An input at the end of its range is no measurement."""
    answer = spi.transfer_device(DEVICE, bytes([1, 0x80 | channel << 4, 0]))
    if answer[1] & NULL_BIT:
        raise OSError("no MCP3008 answers")
    counts = (answer[1] & 3) << 8 | answer[2]
    if counts in (0, STEPS - 1):
        raise OverflowError(f"input {channel} is at the end of its range ({counts})")
    return (counts + 0.5) * REFERENCE / STEPS


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1,
         "minimum": -40, "maximum": 125},
        {"field": "illuminance", "unit": "lx", "quantity": "illuminance", "decimals": 0,
         "minimum": 0},
        {"field": "voltage", "unit": "V", "quantity": "voltage", "decimals": 2, "minimum": 0,
         "maximum": 3.3},
    ]


def poll() -> dict[str, float]:
    """TMP36: 0.5 V at 0 °C and 10 mV/°C; the light sensor: 0.1 V in the dark and 2 mV/lx."""
    return {"temperature": (volts(0) - 0.5) / 0.01, "illuminance": max(0, volts(1) - 0.1) / 0.002,
            "voltage": volts(4)}
