"""BH1750: a light sensor that the host knows nothing of. Everything about it is here.

Builds as a component too:
    componentize-py -d wit/harvester -w light-plugin \\
        componentize -p plugins/bh1750 plugin -o bh1750.wasm
"""
import time

from wit_world import exports
from wit_world.exports.light_logic import LightReading
from wit_world.imports import gpio_provider, i2c

BUS = 1
ADDRESS = 0x23

POWER_ON = 0x01
CONTINUOUS_HIGH_RESOLUTION = 0x10
ONE_SHOT_LOW_RESOLUTION = 0x23
# The longest that a measurement takes, by the data sheet.
LOW_RESOLUTION_SECONDS = 0.024
HIGH_RESOLUTION_SECONDS = 0.180

COUNTS_PER_LUX = 1.2
SATURATED = 0xFFFF


def command(code: int) -> None:
    """Send one command."""
    i2c.write_read(BUS, ADDRESS, bytes([code]), 0)


def read_lux() -> float:
    """The last finished measurement."""
    counts = int.from_bytes(i2c.write_read(BUS, ADDRESS, b"", 2), "big")
    if counts == SATURATED:
        raise OverflowError("brighter than the sensor can measure (54612 lx)")
    return counts / COUNTS_PER_LUX


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "illuminance", "unit": "lx", "quantity": "illuminance", "decimals": 1,
         "minimum": 0, "maximum": 54612},
    ]


class LightLogic(exports.LightLogic):
    """Measures continuously after the first poll."""

    def __init__(self) -> None:
        self.ready_at: float | None = None

    def poll(self) -> list[LightReading]:
        """Read once; after an error the sensor is set up anew at the next poll."""
        try:
            lux = self.first() if self.ready_at is None else self.next()
        except BaseException:
            self.ready_at = None
            raise
        return [LightReading("bh1750", lux, gpio_provider.get_timestamp_ms())]

    def first(self) -> float:
        """A quick coarse measurement for a value at once; then the fine ones begin."""
        command(POWER_ON)
        command(ONE_SHOT_LOW_RESOLUTION)
        time.sleep(LOW_RESOLUTION_SECONDS)
        lux = read_lux()
        command(POWER_ON)  # a one-shot measurement ends in power-down
        command(CONTINUOUS_HIGH_RESOLUTION)
        self.ready_at = time.monotonic() + HIGH_RESOLUTION_SECONDS
        return lux

    def next(self) -> float:
        """Two bytes, and a wait only where the next poll comes before the first fine measurement is
        done.
        """
        wait = (self.ready_at or 0.0) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        return read_lux()
