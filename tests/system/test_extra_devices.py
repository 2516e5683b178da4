"""The plugins in plugins/extra on the simulation: their values are true, and no fault of a device
passes for a value.
"""
import shutil
from pathlib import Path
from typing import Iterable, Iterator

import pytest
from node import ROOT, Harvester, simulated

EXTRA = ("bme280", "mcp3008", "pms5003", "sds011", "ds18b20", "button", "pca9685")
SENSORS = {name: name for name in EXTRA} | {"ds18b20": "28-0316a2794bff"}
# The plugin for the BME680 would take either of the addresses that a chip of Bosch has.
DEVICES = {"hardware": {"devices": list(EXTRA)}, "plugins.bme680.grant": {"allow_i2c": [0x77]}}

# Sensor, field, how to find its truth, and how far the reading may be from it: absolutely, and as a
# part of it.
TRUTHS = (
    ("bme280", "temperature", lambda truth: truth["bme280"]["temperature"], 0.2, 0),
    ("bme280", "humidity", lambda truth: truth["bme280"]["humidity"], 0.5, 0),
    ("bme280", "pressure", lambda truth: truth["bme280"]["pressure"], 0.5, 0),
    ("ds18b20", "temperature", lambda truth: truth["ds18b20"]["temperature"], 0.2, 0),
    ("mcp3008", "temperature", lambda truth: (truth["mcp3008"]["volts"][0] - 0.5) / 0.01, 0.5, 0),
    ("mcp3008", "illuminance", lambda truth: (truth["mcp3008"]["volts"][1] - 0.1) / 0.002, 3, 0.2),
    ("mcp3008", "voltage", lambda truth: truth["mcp3008"]["volts"][4], 0.004, 0),
    ("pms5003", "pm1", lambda truth: truth["pms5003"]["pm1"], 1, 0.1),
    ("pms5003", "pm25", lambda truth: truth["pms5003"]["pm25"], 1, 0.1),
    ("pms5003", "pm10", lambda truth: truth["pms5003"]["pm10"], 1, 0.1),
    ("sds011", "pm25", lambda truth: truth["sds011"]["pm25"], 0.2, 0.1),
    ("sds011", "pm10", lambda truth: truth["sds011"]["pm10"], 0.2, 0.1),
    ("pca9685", "frequency", lambda truth: truth["pca9685"]["frequency"], 0.001, 0),
)

WIRES = {"no-acknowledge": "I2cError.NO_ACKNOWLEDGE",
         "arbitration-loss": "I2cError.ARBITRATION_LOSS", "timeout": "I2cError.TIMEOUT",
         "stuck-bus": "I2cError.BUS", "unplugged": "I2cError.NO_ACKNOWLEDGE"}
OLD_WIRES = {"no-acknowledge": "no acknowledge", "arbitration-loss": "arbitration lost",
             "timeout": "timeout", "stuck-bus": "bus error", "unplugged": "no acknowledge"}
FRAMES = {"truncated-frames": "checksum", "shifted-frames": "checksum", "checksum": "checksum",
          "implausible": "cannot be", "all-zeros": "no frame", "all-ones": "no frame",
          "timeout": "no frame", "unplugged": "no frame"}

# Plugin: what each kind of fault has to be told as.
FAULTS = {
    "bme280": WIRES | {"wrong-id": "not a BME280: its chip id is 0x58", "all-zeros": "0x00",
                       "all-ones": "0xFF", "random-calibration": "checksum of the calibration"},
    "pca9685": WIRES | {"all-zeros": "as it was set up", "all-ones": "as it was set up"},
    "mcp3008": {"all-zeros": "end of its range", "all-ones": "no MCP3008",
                "unplugged": "no MCP3008", "implausible": "end of its range"},
    "pms5003": FRAMES,
    "sds011": FRAMES,
    "ds18b20": {"unplugged": "no thermometer", "checksum": "checksum", "timeout": "timeout",
                "all-zeros": "zeros", "all-ones": "checksum", "implausible": "85 °C"},
    "button": {"missing-edges": "an edge was lost", "extra-edges": "chatters",
               "stuck-bus": "it is stuck"},
    "bme680": OLD_WIRES | {"wrong-id": "chip id 0x58", "all-zeros": "chip id 0x00",
                           "all-ones": "chip id 0xFF", "random-calibration": "is not within"},
    "bh1750": WIRES | {"all-ones": "brighter"},
    "dht22": {"checksum": "checksum", "missing-edges": "edges", "extra-edges": "edges",
              "stuck-bus": "no answer", "unplugged": "no answer", "all-zeros": "zeros",
              "implausible": "outside the sensor's range"},
}
TURNS = max(map(len, FAULTS.values()))

FAULT = """
[[hardware.faults]]
device = "{}"
kind = "{}"
"""


def faults_of(turn: int) -> dict[str, tuple[str, str]]:
    """By plugin: the kind of its device's fault in that turn, and what it is told as. A bus that
    is held low is so for every chip on it: it has the same turn everywhere.
    """
    return {name: list(kinds.items())[turn] for name, kinds in FAULTS.items() if turn < len(kinds)}


def install(folder: Path, names: Iterable[str]) -> Path:
    """Copy plugins into a new folder."""
    for name in names:
        source = ROOT / "plugins" / ("extra" if name in EXTRA else "") / name
        shutil.copytree(source, folder / "plugins" / name)
    return folder


@pytest.fixture(scope="module", params=["native", "pulley64"])
def harvester(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """A node with the extra plugins and their devices, as machine code and interpreted."""
    folder = install(tmp_path_factory.mktemp("extra"), EXTRA)
    with Harvester(folder, simulated({**DEVICES, "engine": {"target": request.param}})) as harvester:
        yield harvester


def test_values_are_true(harvester: Harvester) -> None:
    """Every field, against the simulation past all buses."""
    for name in EXTRA:
        harvester.wait_for_value(SENSORS[name])
    compared = 0
    for name, field, find, absolute, relative in TRUTHS:
        data = harvester.wait_for_value(SENSORS[name])
        expected = find(harvester.get_json("/api/v1/simulation"))
        assert abs(data[field] - expected) <= absolute + relative * expected, (name, field)
        compared += 1
    assert compared == len(TRUTHS)
    assert {reading["simulated"] for reading in harvester.readings().values()} == {True}


def test_every_press_counts(harvester: Harvester) -> None:
    """Between two looks, the plugin saw as many presses as there were."""
    def look() -> tuple[int, int]:
        truth = harvester.get_json("/api/v1/simulation")["button"]["presses"]
        return truth, harvester.wait_for_value("button")["presses"]
    first = look()
    harvester.wait_until("three presses are over", lambda: look()[0] >= first[0] + 3)
    last = look()
    assert abs((last[1] - first[1]) - (last[0] - first[0])) <= 1


def test_light_runs(harvester: Harvester) -> None:
    """The output that is lit is the one in the simulation, and another at the next step."""
    seen = set()

    def look() -> bool:
        duty = harvester.get_json("/api/v1/simulation")["pca9685"]["duty"]
        assert sorted(duty)[:-1] == [0.0] * 15
        seen.add(duty.index(1.0))
        return len(seen) == 16
    harvester.wait_for_value("pca9685")
    harvester.wait_until("each output was lit", look)


def test_default_world_has_none_of_them(start) -> None:
    """They are there when they are wanted."""
    truth = start().get_json("/api/v1/simulation")
    assert not set(EXTRA) & truth.keys()


def test_thermometer_of_the_kernel(tmp_path: Path) -> None:
    """A folder as the kernel's: its values are no simulated ones, and it fails as the chip does."""
    name, octets = "28-000000abcdef", "72 01 4b 46 7f ff 0e 10 57"
    slave = tmp_path / "w1" / name / "w1_slave"
    slave.parent.mkdir(parents=True)
    slave.write_text(f"{octets} : crc=57 YES\n{octets} t=23125\n")
    hardware = {"w1_backend": "linux", "w1_root": str(tmp_path / "w1")}
    with Harvester(install(tmp_path, ["ds18b20"]), simulated({"hardware": hardware})) as node:
        assert node.wait_for_value(name) == {"temperature": 23.125}
        assert "simulated" not in node.readings()[name]
        slave.write_text(f"{octets} : crc=57 NO\n{octets} t=23125\n")
        assert "checksum mismatch" in node.wait_for_error(name)
        assert node.data(name)["temperature"] is None


def test_device_on_a_bus_that_is_not_simulated(tmp_path: Path) -> None:
    """It would be nowhere."""
    config = simulated({"hardware": {"devices": ["ds18b20"], "w1_backend": "linux"}})
    node = Harvester(tmp_path, config)
    assert node.end() == 1
    assert node.log(r'devices: ds18b20 needs `w1_backend = "sim"`$')


@pytest.mark.parametrize("turn", range(TURNS))
def test_no_fault_is_a_value(tmp_path: Path, turn: int) -> None:
    """Many devices at once, each with its fault of this turn, from the start and for ever: not one
    number, and the reason beside it.
    """
    faults = faults_of(turn)
    config = simulated(DEVICES) + "".join(FAULT.format(name, kind)
                                          for name, (kind, _) in faults.items())
    with Harvester(install(tmp_path, faults), config) as node:
        for name, (kind, reason) in faults.items():
            error = node.wait_for_error(name)
            fields = {field: value for field, value in node.data(name).items()
                      if field not in ("error", "last_good_ms")}
            assert set(fields.values()) <= {None}, (name, kind, fields)
            assert reason in error, (name, kind, error)
