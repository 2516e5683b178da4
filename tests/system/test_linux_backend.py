"""The program as it is shipped on `backend = "linux"`, with a kernel that is not there in place of the
machine's i2c, spi and gpio (tests/kernel/supervisor.c).
"""
import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from node import BUILD, PATIENCE, PROGRAM, ROOT, Harvester, command, simulated

SUPERVISOR = BUILD / "tests" / "kernel" / "supervisor"
UNABLE = 77

LIGHTS = """
from wit_world.imports import led_controller

def poll():
    led_controller.set_led(5, 255, 128, 1)
    led_controller.sync_leds()
"""

EXTRA = ("bme280", "button", "mcp3008", "pca9685")

# Sensor, field, the truth's name of it and its factor, and how far a reading may be from it:
# absolutely, and as a part of it.
TRUTHS = (
    ("bme680", "temperature", "temperature", 1, 0.5, 0),
    ("bme680", "pressure", "pressure", 1, 1, 0),
    ("bme680", "gas_resistance", "gas_resistance", 0.001, 0, 0.2),
    ("dht22", "temperature", "temperature", 1, 0.6, 0),
    ("dht22", "humidity", "humidity", 1, 0.6, 0),
    ("bh1750", "illuminance", "lux", 1, 1, 0.2),
    ("bme280", "temperature", "temperature", 1, 0.5, 0),
    ("bme280", "humidity", "humidity", 1, 0.6, 0),
    ("bme280", "pressure", "pressure", 1, 1, 0),
    ("pca9685", "frequency", "frequency", 1, 0.001, 0),
)
SENSORS = {sensor for sensor, *_ in TRUTHS}

# The plugin for the BME680 would take either of the addresses that a chip of Bosch has.
REAL = {"hardware": {"backend": "linux"}, "polling": {"interval_seconds": 0.5},
        "plugins.bme680.grant": {"allow_i2c": [0x77]}}


def supervised(folder: Path) -> Path:
    """A program that is harvester on the other kernel; SOCKET in the folder tells the truth."""
    script = folder / "harvester"
    script.write_text(f'#!/bin/sh\nrm -f {folder}/truth\n'
                      f'exec {SUPERVISOR} {folder}/truth {PROGRAM} "$@"\n')
    script.chmod(0o700)
    done = subprocess.run([script, "version"], capture_output=True, timeout=PATIENCE, check=False)
    if done.returncode == UNABLE:
        pytest.skip(f"no seccomp notifications here: {done.stderr.decode()}")
    assert done.returncode == 0, done.stderr
    return script


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this file's node."""
    return tmp_path_factory.mktemp("linux")


@pytest.fixture(scope="module")
def harvester(folder: Path) -> Iterator[Harvester]:
    """One node for all of this file, with the shipped plugins."""
    shutil.copytree(ROOT / "plugins", folder / "plugins",
                    ignore=shutil.ignore_patterns("__pycache__", "extra"))
    for name in EXTRA:
        shutil.copytree(ROOT / "plugins" / "extra" / name, folder / "plugins" / name)
    (folder / "plugins" / "lights.py").write_text(LIGHTS)
    (folder / "plugins" / "lights.permission.toml").write_text("allow_leds = true\n")
    with Harvester(folder, simulated(REAL), program=supervised(folder)) as harvester:
        yield harvester


def truth(folder: Path) -> dict[str, Any]:
    """What the models behind that kernel say of themselves."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(folder / "truth"))
        with connection.makefile() as file:
            return json.load(file)


def settled(harvester: Harvester) -> dict[str, dict[str, Any]]:
    """The readings, once every sensor has a whole one."""
    def look() -> dict[str, dict[str, Any]] | None:
        readings = harvester.readings()
        gas = readings.get("bme680", {}).get("data", {}).get("gas_resistance")
        return readings if SENSORS <= readings.keys() and gas is not None else None
    return harvester.wait_until("every sensor has a whole reading", look)


@pytest.mark.parametrize("sensor, field, name, factor, absolute, relative", TRUTHS)
def test_values_are_true(harvester: Harvester, folder: Path, sensor: str, field: str, name: str,
                         factor: float, absolute: float, relative: float) -> None:
    """From the registers of the models, through the structs of the kernel, to the API."""
    reading = settled(harvester)[sensor]
    assert reading["data"][field] == pytest.approx(truth(folder)[sensor][name] * factor,
                                                   abs=absolute, rel=relative)


def test_voltage(harvester: Harvester, folder: Path) -> None:
    """Bytes that go out and come in at the same time, through spidev."""
    volts = truth(folder)["mcp3008"]["volts"][4]
    assert harvester.wait_for_value("mcp3008")["voltage"] == pytest.approx(volts, abs=0.004)


def test_presses(harvester: Harvester) -> None:
    """Edges of the gpio chip, with the kernel's numbers and times."""
    first = harvester.wait_for_value("button")["presses"]
    harvester.wait_until("it was pressed twice more", lambda: harvester.wait_for_value("button")["presses"] >= first + 2)


def test_nothing_is_simulated(harvester: Harvester) -> None:
    """As far as this program can know."""
    assert not [name for name, reading in settled(harvester).items() if reading.get("simulated")]
    assert not harvester.log("SIMULATED") and not harvester.log("warning hardware")
    with pytest.raises(Exception, match="404"):
        harvester.get_json("/api/v1/simulation")


def test_leds(harvester: Harvester, folder: Path) -> None:
    """Through spidev, as the strip decodes its pulses."""
    harvester.wait_until("LED 5 is lit", lambda: truth(folder)["leds"][5] == "ff8001")
    assert truth(folder)["leds_malformed"] == 0


def test_display(harvester: Harvester, folder: Path) -> None:
    """Its picture, a kilobyte in one transaction."""
    harvester.wait_until("the display shows something", lambda: int(
        truth(folder)["ssd1306"]["pixels"], 16))


def test_buzzer_and_fan(harvester: Harvester, folder: Path) -> None:
    """Lines of the gpio chip, one active low and one active high."""
    assert truth(folder)["relays"]["buzzer"] == {"on": False, "switched": 0, "on_seconds": 0.0}
    assert harvester.post("/api/buzzer?action=beep")[0] == 200
    harvester.wait_until("it sounded", lambda: truth(
        folder)["relays"]["buzzer"]["switched"] == 1)
    harvester.wait_until("it is silent", lambda: not truth(folder)["relays"]["buzzer"]["on"])
    assert harvester.post("/api/fan/test")[0] == 200
    harvester.wait_until("the fan runs", lambda: truth(folder)["relays"]["fan"]["on"])


def test_polls_are_counted(harvester: Harvester) -> None:
    """No plugin fails or is hindered by being watched."""
    settled(harvester)
    for plugin in harvester.get_json("/api/v1/plugins"):
        assert plugin["state"] in ("idle", "calling"), plugin
        assert (plugin["errors"], plugin["restarts"], plugin["kills"],
                plugin["denied_calls"]) == (0, 0, 0, 0), plugin


def test_doctor(tmp_path: Path) -> None:
    """It finds the chips, and what hangs on them."""
    (tmp_path / "config.toml").write_text(simulated(REAL))
    done = subprocess.run([supervised(tmp_path), "doctor", "--json", "--config",
                           tmp_path / "config.toml", "--plugins", ROOT / "plugins"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert "0x23 (bh1750) answers" in checks["i2c-scan"]["text"]
    assert checks["i2c-scan"]["state"] == "ok"
    assert checks["gpio-chips"]["text"] == "gpiochip0 [pinctrl-bcm2711] with 58 lines"
    assert "GPIO17 (buzzer) free" in checks["gpio-lines"]["text"]


def test_without_devices(tmp_path: Path) -> None:
    """A machine without the buses: the node starts, names each once, and reads are errors."""
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins",
                    ignore=shutil.ignore_patterns("__pycache__"))
    missing = {**REAL, "hardware": {"backend": "linux", "i2c_bus": 254, "gpio_chip": "none-such"},
               "leds": {"spi": "spi99.0", "gpio_pin": 10}}
    with Harvester(tmp_path, simulated(missing)) as harvester:
        assert "gpio chip with the label" in harvester.wait_for_error("dht22")
        assert "/dev/i2c-254" in harvester.wait_for_error("bme680")
        for name in ("/dev/i2c-254", "none-such", "/dev/spidev99.0"):
            assert len(harvester.log(f"warning hardware: .*{name}")) == 1
        assert harvester.post("/api/buzzer/test")[0] == 404


def test_part_is_simulated(tmp_path: Path) -> None:
    """Simulated i2c beside real gpio: only what touched the former says so, and the log names it."""
    (tmp_path / "plugins").mkdir()
    shutil.copytree(ROOT / "plugins" / "bh1750", tmp_path / "plugins" / "bh1750",
                    ignore=shutil.ignore_patterns("__pycache__"))
    part = {**REAL, "hardware": {"backend": "linux", "i2c_backend": "sim"}}
    with Harvester(tmp_path, simulated(part)) as harvester:
        harvester.wait_for_value("bh1750")
        assert harvester.readings()["bh1750"]["simulated"] is True
        assert harvester.log(r"this part of the hardware is SIMULATED \(.*\): i2c$")
        assert "bh1750" in harvester.get_json("/api/v1/simulation")


def test_doctor_here() -> None:
    """On this machine, whatever it has: every check is there, and the wording is plain."""
    done = command("doctor")
    for name in ("i2c-scan", "gpio-chips", "gpio-lines", "thermal", "iio"):
        assert f" {name} " in done.stdout


ASKS_SMBUS = """
from smbus2 import SMBus

def poll():
    try:
        return {"got": SMBus(1).read_byte_data(0x23, 0)}
    except FileNotFoundError as error:
        return {"got": str(error)}
"""
ASKS_I2C = """
from wit_world.imports import i2c

def poll():
    return {"got": i2c.write_read(1, 0x23, b"", 2)}
"""
SWITCHED_OFF = ("no /dev/i2c-250: switch the bus on (on a Raspberry Pi `dtparam=i2c_arm=on` in "
                "/boot/firmware/config.txt, or raspi-config), and load i2c-dev (`sudo modprobe "
                "i2c-dev`)")


def test_i2c_that_is_switched_off(tmp_path: Path) -> None:
    """The card says so, and what to do; smbus2 raises what it raises on Linux."""
    for name, source in (("smbus", ASKS_SMBUS), ("raw", ASKS_I2C)):
        (tmp_path / "plugins").mkdir(exist_ok=True)
        (tmp_path / "plugins" / f"{name}.py").write_text(source.replace("(1", "(250"))
        (tmp_path / "plugins" / f"{name}.permission.toml").write_text(
            "allow_i2c = [0x23]\nshare_i2c = [0x23]\n")
    config = simulated({"hardware": {"backend": "linux", "i2c_bus": 250}})
    with Harvester(tmp_path, config, tmp_path / "plugins") as harvester:
        assert harvester.wait_for_value("smbus")["got"].endswith(f"] {SWITCHED_OFF}")
        assert harvester.wait_for_error("raw") == (
            f"Err: {SWITCHED_OFF} (I2cError.INVALID) (raw.py, line 5)")
