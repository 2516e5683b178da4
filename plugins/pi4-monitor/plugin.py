"""The machine itself: processor temperature and load, memory, uptime; and the fan that cools it.

Builds as a component too:
    componentize-py -d wit/demo -w pi4-monitor-plugin \\
        componentize -p plugins/pi4-monitor plugin -o pi4-monitor.wasm
"""
import math

from wit_world import exports
from wit_world.exports.pi_monitor_logic import PiStats
from wit_world.imports import fan_controller, gpio_provider, led_controller, system_info

LED = 0
FAN_ON = 60.0
FAN_OFF = 50.0
YELLOW = 50.0
RED = 70.0


def colour(temperature: float) -> tuple[int, int, int]:
    """Green below 50 degrees, yellow up to 70, red above."""
    if temperature < YELLOW:
        return 0, 255, 0
    return (255, 200, 0) if temperature <= RED else (255, 0, 0)


def control_fan(temperature: float) -> None:
    """On at 60 degrees, off at 50; in between it stays as it is."""
    running = fan_controller.get_fan_state()
    if temperature >= FAN_ON and not running:
        fan_controller.set_fan(True)
    elif temperature <= FAN_OFF and running:
        fan_controller.set_fan(False)


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "cpu_temp", "name": "CPU temperature", "unit": "°C", "quantity": "temperature",
         "decimals": 1},
        {"field": "cpu_usage", "name": "CPU usage", "unit": "%", "decimals": 1, "minimum": 0,
         "maximum": 100},
        {"field": "memory_used_mb", "name": "Memory used", "unit": "MiB", "quantity": "data_size",
         "decimals": 0, "minimum": 0},
        {"field": "memory_total_mb", "name": "Memory", "unit": "MiB", "quantity": "data_size",
         "decimals": 0, "minimum": 0},
        {"field": "uptime_seconds", "name": "Uptime", "unit": "s", "quantity": "duration",
         "decimals": 0, "minimum": 0},
        {"field": "fan_on", "name": "Fan", "quantity": "running"},
    ]


class PiMonitorLogic(exports.PiMonitorLogic):
    """Needs no memory: the fan's state is the host's."""

    def poll(self) -> PiStats:
        """Measure. A machine without a temperature sensor gives NaN: then neither LED nor fan is
        touched.
        """
        temperature = gpio_provider.get_cpu_temp()
        if not math.isnan(temperature):
            control_fan(temperature)
            led_controller.set_led(LED, *colour(temperature))
            led_controller.sync_leds()
        used, total = system_info.get_memory_usage()
        return PiStats(temperature, system_info.get_cpu_usage(), used, total,
                       system_info.get_uptime(), gpio_provider.get_timestamp_ms(),
                       fan_controller.get_fan_state())
