"""The drivers of the table: a package of PyPI each, the plugin in drivers/NAME that uses it as its
documentation says, and what has to come out.
"""
import dataclasses
import math
from pathlib import Path
from typing import Any, Callable

import fake_chips as chips

FOLDER = Path(__file__).resolve().parent / "drivers"
Data = dict[str, Any]
Check = Callable[[Data, Data], bool]


@dataclasses.dataclass
class Driver:
    """One row."""

    name: str
    package: str
    speaks: str
    device: str  # of the simulated world; "" for one that is tested against a chip of fake_chips.py
    check: Check  # of a reading and the device's truth
    chip: Callable[[], Any] | None = None
    expected_to_fail: str = ""  # a part of the error, where it is known to fail
    why: str = ""


def near(**tolerances: float) -> Check:
    """Each field, as near to the truth as this; a share of it for what ends in _share, but 1 at least: a
    BH1750 counts in steps of 0.83 lx, and the simulated night has little more.
    """
    def check(reading: Data, truth: Data) -> bool:
        for field, tolerance in tolerances.items():
            name = field.removesuffix("_share")
            limit = max(1, abs(truth[name]) * tolerance) if name != field else tolerance
            if not abs(reading[name] - truth[name]) <= limit:
                return False
        return True
    return check


def volts(first: str, tolerance: float) -> Check:
    """The inputs of an MCP3008, from a field on."""
    def check(reading: Data, truth: Data) -> bool:
        start = int(first.removeprefix("input"))
        return all(math.isclose(reading[f"input{start + i}"], value, abs_tol=tolerance)
                   for i, value in enumerate(truth["volts"]))
    return check


def frame(reading: Data, truth: Data) -> bool:
    """The display is on and shows what was sent, which is a frame."""
    pixels = bytes.fromhex(truth["pixels"])
    return truth["on"] and reading["shown"] == pixels.hex() and pixels[:3] == b"\xff\x01\x01" \
        and pixels[-3:] == b"\x80\x80\xff"


def duties(reading: Data, truth: Data) -> bool:
    """The outputs do what was asked for, and the driver reads it back."""
    return math.isclose(truth["frequency"], 60, rel_tol=0.05) \
        and math.isclose(truth["duty"][0], 0.5, abs_tol=0.01) and truth["duty"][15] > 0.99 \
        and math.isclose(reading["duty0"], 0.5, abs_tol=0.01)


def presses(reading: Data, truth: Data) -> bool:
    """It saw a press, and the LED followed."""
    return reading["presses"] > 0 and reading["led"] == bool(reading["presses"] % 2)


CLIMATE = near(temperature=0.3, humidity=2, pressure=1)
BME680 = near(temperature=0.5, humidity=2, pressure=1, gas_resistance_share=0.1)
DUST = near(pm25=2, pm10=2)
NONE: Check = lambda reading, truth: True  # noqa: E731
FILES = "it starts modprobe and reads files in /sys: use `one_wire.read_temperature`"

DRIVERS = (
    Driver("bme680", "bme680==2.0.0", "smbus2", "bme680", BME680),
    Driver("adafruit-bme680", "adafruit-circuitpython-bme680==3.7.16", "busio I2C", "bme680",
           BME680),
    Driver("adafruit-bh1750", "adafruit-circuitpython-bh1750==1.1.19", "busio I2C", "bh1750",
           near(lux_share=0.05)),
    Driver("adafruit-ssd1306", "adafruit-circuitpython-ssd1306==2.12.24", "busio I2C", "ssd1306",
           frame),
    Driver("rpi-bme280", "RPi.bme280==0.2.4", "smbus2", "bme280", CLIMATE),
    Driver("adafruit-bme280", "adafruit-circuitpython-bme280==2.6.32", "busio I2C", "bme280",
           CLIMATE),
    Driver("pimoroni-bme280", "pimoroni-bme280==1.0.0", "smbus2", "bme280", CLIMATE),
    Driver("mcp3008", "mcp3008==1.0.1", "spidev", "mcp3008", volts("input8", 0.02)),
    Driver("gpiozero-mcp3008", "gpiozero==2.0.1.post3", "spidev", "mcp3008",
           volts("input0", 0.02)),
    Driver("adafruit-mcp3xxx", "adafruit-circuitpython-mcp3xxx==1.5.2", "busio SPI", "mcp3008",
           volts("input0", 0.02)),
    Driver("gpiozero-button", "gpiozero==2.0.1.post3", "RPi.GPIO", "button", presses),
    Driver("pms5003", "pms5003==0.0.5", "serial, RPi.GPIO", "pms5003", DUST),
    Driver("adafruit-pm25", "adafruit-circuitpython-pm25==2.1.24", "serial", "pms5003", DUST),
    Driver("py-sds011", "py-sds011==0.9", "serial", "sds011", DUST),
    Driver("adafruit-pca9685", "adafruit-circuitpython-pca9685==3.4.22", "busio I2C", "pca9685",
           duties),
    Driver("scd30-i2c", "scd30-i2c==0.0.6", "smbus2, i2c_rdwr", "",
           near(co2=0.1, temperature=0.01, humidity=0.01), chips.Scd30),
    Driver("adafruit-sht31d", "adafruit-circuitpython-sht31d==2.3.31", "busio I2C", "",
           near(temperature=0.01, humidity=0.01), chips.Sht31),
    Driver("adafruit-mcp9808", "adafruit-circuitpython-mcp9808==3.3.32", "busio I2C", "",
           near(temperature=0.01), chips.Mcp9808),
    Driver("adafruit-ads1x15", "adafruit-circuitpython-ads1x15==3.0.5", "busio I2C", "",
           near(volts=0.001), chips.Ads1115),
    Driver("rplcd", "RPLCD==1.4.0", "smbus2", "", lambda reading, truth: truth["text"] == "21.5 C",
           chips.Pcf8574Display),
    Driver("adafruit-dht", "adafruit-circuitpython-dht==4.0.12", "busio, pulses", "dht22", NONE,
           expected_to_fail="Bitbanging is not supported",
           why="it times pulses with pulseio, or by looking at the line in a loop: use "
               "`gpio_provider.read_dht22`"),
    Driver("luma-oled", "luma.oled==3.16.0", "smbus2", "ssd1306", NONE,
           expected_to_fail="is a compiled extension", why="it needs Pillow, which is compiled"),
    Driver("pms5003-gpiod", "pms5003==1.0.1", "serial, gpiod", "pms5003", NONE,
           expected_to_fail="cannot import name 'major' from 'os'",
           why="it needs gpiod, which needs device files; version 0.0.5 works"),
    Driver("w1thermsensor", "w1thermsensor==2.3.0", "files in /sys", "ds18b20", NONE,
           expected_to_fail="processes do not exist", why=FILES),
)
