"""DHT22: temperature and humidity. The host reads the sensor; this decides what the LED and the
buzzer say about it.

A read that fails raises, so that the host shows no value and the reason. Builds as a component too:
    componentize-py -d wit/demo -w dht22-plugin \\
        componentize -p plugins/dht22 plugin -o dht22.wasm
"""
from enum import Enum

from wit_world import exports
from wit_world.exports.dht22_logic import Dht22Reading
from wit_world.imports import buzzer_controller, gpio_provider, led_controller

PIN = 4
LED = 1

HOT = 30.0
WARM = 25.0
COLD = 15.0
HUMID = 70.0
DEADBAND = 2.0


class Climate(Enum):
    """What the LED shows, with its colour."""

    COLD = (0, 0, 255)
    MILD = (0, 255, 0)
    WARM = (255, 128, 0)
    HOT = (255, 0, 0)


def next_climate(previous: Climate | None, temperature: float) -> Climate:
    """The new climate. One that is left again only `DEADBAND` past its limit does not flicker
    there.
    """
    stays_hot = DEADBAND if previous is Climate.HOT else 0.0
    stays_warm = DEADBAND if previous in (Climate.WARM, Climate.HOT) else 0.0
    stays_cold = DEADBAND if previous is Climate.COLD else 0.0
    if temperature >= HOT - stays_hot and temperature > WARM - stays_warm:
        return Climate.HOT
    if temperature > WARM - stays_warm:
        return Climate.WARM
    return Climate.COLD if temperature <= COLD + stays_cold else Climate.MILD


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1,
         "minimum": -40, "maximum": 80},
        {"field": "humidity", "unit": "%", "quantity": "humidity", "decimals": 1, "minimum": 0,
         "maximum": 100},
    ]


class Dht22Logic(exports.Dht22Logic):
    """Remembers the climate from poll to poll."""

    def __init__(self) -> None:
        self.climate: Climate | None = None
        self.humid = False

    def poll(self) -> list[Dht22Reading]:
        """Read once."""
        temperature, humidity = gpio_provider.read_dht22(PIN)
        self.show_temperature(temperature)
        self.watch_humidity(humidity)
        return [Dht22Reading("dht22", temperature, humidity, gpio_provider.get_timestamp_ms())]

    def show_temperature(self, temperature: float) -> None:
        """Set the LED; three beeps on becoming hot."""
        climate = next_climate(self.climate, temperature)
        if climate is Climate.HOT and self.climate is not Climate.HOT:
            buzzer_controller.beep(3, 100, 100)
        self.climate = climate
        led_controller.set_led(LED, *climate.value)
        led_controller.sync_leds()

    def watch_humidity(self, humidity: float) -> None:
        """Two beeps on becoming humid."""
        humid = humidity >= HUMID - (DEADBAND if self.humid else 0.0)
        if humid and not self.humid:
            buzzer_controller.beep(2, 100, 100)
        self.humid = humid
