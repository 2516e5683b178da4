"""BME680: temperature, humidity, pressure and gas, at register level over generic i2c, with a gas
score.

The score is our own, 0 (bad) to 100 (good), relative to the air of the first minutes; it is no IAQ
index, although the record's fields bear that name. Builds as a component too:
    componentize-py -d wit/demo -w bme680-plugin \\
        componentize -p plugins/bme680 plugin -o bme680.wasm
"""
import math
import time

from chip import Chip, Measurement, find_chip
from wit_world import exports
from wit_world.exports.bme680_logic import Bme680Reading
from wit_world.imports import gpio_provider, led_controller

LED = 2
PURPLE, GREEN, ORANGE, RED = (128, 0, 128), (0, 255, 0), (255, 128, 0), (255, 0, 0)
GOOD_SCORE, FAIR_SCORE = 70, 40

BURN_IN_SECONDS = 300.0
BASELINE_READINGS = 50
HUMIDITY_BASELINE = 40.0
HUMIDITY_WEIGHT, GAS_WEIGHT = 25.0, 75.0
CALIBRATING, CALIBRATED = 0, 3  # the record's iaq-accuracy


class GasScore:
    """Learns what clean air is here for five minutes, then compares."""

    def __init__(self) -> None:
        self.started_at: float | None = None
        self.learned: list[float] = []
        self.baseline: float | None = None

    def add(self, gas: float, now: float) -> None:
        """Take a gas resistance in; `now` in seconds of any steady clock."""
        if self.baseline is not None:
            return
        if self.started_at is None:
            self.started_at = now
        self.learned = [*self.learned, gas][-BASELINE_READINGS:]
        if now - self.started_at >= BURN_IN_SECONDS:
            self.baseline = sum(self.learned) / len(self.learned)

    def score(self, gas: float, humidity: float) -> int | None:
        """0 to 100, or None while there is nothing to compare with."""
        if self.baseline is None or math.isnan(gas):
            return None
        room = HUMIDITY_BASELINE if humidity <= HUMIDITY_BASELINE else 100 - HUMIDITY_BASELINE
        distance = abs(humidity - HUMIDITY_BASELINE)
        comfort = HUMIDITY_WEIGHT * (1 - distance / room)
        return round(comfort + GAS_WEIGHT * min(1.0, gas / self.baseline))


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1,
         "minimum": -40, "maximum": 85},
        {"field": "humidity", "unit": "%", "quantity": "humidity", "decimals": 1, "minimum": 0,
         "maximum": 100},
        {"field": "pressure", "unit": "hPa", "quantity": "atmospheric_pressure", "decimals": 1,
         "minimum": 300, "maximum": 1100},
        {"field": "gas_resistance", "name": "Gas resistance", "unit": "kΩ", "decimals": 1,
         "minimum": 0},
        {"field": "iaq_score", "name": "Gas score", "decimals": 0, "minimum": 0, "maximum": 100},
        {"field": "iaq_accuracy", "name": "Accuracy of the gas score", "decimals": 0,
         "minimum": 0, "maximum": 3},
    ]


class Bme680Logic(exports.Bme680Logic):
    """Keeps the chip's calibration and the score's baseline from poll to poll."""

    def __init__(self) -> None:
        self.chip: Chip | None = None
        self.failed = False
        self.ambient: float | None = None
        self.gas_score = GasScore()

    def poll(self) -> list[Bme680Reading]:
        """Measure once; after an error the chip is reset and read anew at the next poll."""
        try:
            measured = self.measure()
        except BaseException:
            self.chip, self.ambient, self.failed = None, None, True
            raise
        return [self.reading(measured)]

    def measure(self) -> Measurement:
        """The first measurement leaves the heater off: a value is there soon, and the heater needs
        it.
        """
        if not self.chip:
            self.chip = find_chip(reset=self.failed)
        measured = self.chip.measure(self.ambient)
        self.ambient, self.failed = measured.temperature, False
        return measured

    def reading(self, measured: Measurement) -> Bme680Reading:
        """The record; the score is 0 with accuracy 0 as long as there is none."""
        if not math.isnan(measured.gas):
            self.gas_score.add(measured.gas, time.monotonic())
        score = self.gas_score.score(measured.gas, measured.humidity)
        self.show(score)
        return Bme680Reading(
            "bme680", measured.temperature, measured.humidity, measured.pressure,
            measured.gas / 1000, score or 0, CALIBRATING if score is None else CALIBRATED,
            gpio_provider.get_timestamp_ms())

    def show(self, score: int | None) -> None:
        """Purple while calibrating, then by the score."""
        if score is not None:
            colour = GREEN if score >= GOOD_SCORE else ORANGE if score >= FAIR_SCORE else RED
        elif self.gas_score.baseline is None:
            colour = PURPLE
        else:
            return
        led_controller.set_led(LED, *colour)
        led_controller.sync_leds()
