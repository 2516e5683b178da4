"""The project's plugins, from the same sources, as components, as scripts and interpreted: all tell the truth.

The truth is what the simulated world says of itself; it drifts slowly, so a reading that is a poll
old is near it.
"""
import json
import math
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import CONFIG, put_plugin
from node import BUILD, COUNTER, ROOT, Harvester

sys.path.append(str(ROOT / "plugins" / "oled"))
import font  # noqa: E402

NAMES = {"bh1750", "bme680", "dashboard", "dht22", "oled", "pi4-monitor"}
SENSORS = {"bh1750", "bme680", "dht22", "pi4-monitor"}
COMPILE_SECONDS = 400

# Sensor, field, the truth's name of it, its factor, and how far a reading may be from it: the
# sensor's noise and resolution, and what the world drifts in a second.
TRUTHS = (
    ("dht22", "temperature", "temperature", 1, 0.2),
    ("dht22", "humidity", "humidity", 1, 0.4),
    ("bme680", "temperature", "temperature", 1, 0.2),
    ("bme680", "humidity", "humidity", 1, 0.5),
    ("bme680", "pressure", "pressure", 1, 0.2),
    ("bme680", "gas_resistance", "gas_resistance", 0.001, 6),
    ("bh1750", "illuminance", "lux", 1, 5),
)


@dataclass
class Seen:
    """What one run showed."""

    log: str
    readings: dict[str, dict[str, Any]]
    truth: dict[str, Any]
    plugins: dict[str, dict[str, Any]]
    page: str


def oled_text(pixels: str) -> list[str]:
    """The eight lines of text that the display shows."""
    characters = {font.glyph(chr(code)): chr(code) for code in range(126, 31, -1)}
    memory = bytes.fromhex(pixels)
    pages = [memory[start:start + 128] for start in range(0, len(memory), 128)]
    return ["".join(characters.get(page[x:x + 5], "?") for x in range(0, 126, 6)).rstrip()
            for page in pages]


def values(harvester: Harvester) -> dict[str, dict[str, Any]]:
    """Data by sensor."""
    return {sensor: reading["data"] for sensor, reading in harvester.readings().items()}


def is_settled(harvester: Harvester) -> bool:
    """Every sensor has a whole reading, the page has them all, the display has shown one."""
    readings = values(harvester)
    world = harvester.get_json("/api/v1/simulation")
    page = harvester.get("/").decode()
    return (SENSORS <= readings.keys() and readings["bme680"].get("gas_resistance") is not None
            and all(f"<h2>{sensor}</h2>" in page for sensor in SENSORS)
            and any("DHT22" in line for line in oled_text(world["ssd1306"]["pixels"])))


def look(folder: Path, plugins: Path, data: Path, config: str = CONFIG) -> Seen:
    """Run until all is settled, then look once."""
    with Harvester(folder, config, plugins, data=data) as harvester:
        harvester.wait_until("readings, page and display", lambda: is_settled(harvester),
                             COMPILE_SECONDS)
        return Seen(harvester.text(), values(harvester),
                    harvester.get_json("/api/v1/simulation"), harvester.all_plugins(),
                    harvester.get("/").decode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, plugin_components: dict[str, Path]) -> Path:
    """Two folders of plugins: `components` (and a script beside them), and `scripts`."""
    folder = tmp_path_factory.mktemp("same")
    (folder / "components").mkdir()
    (folder / "scripts").mkdir()
    for name, component in plugin_components.items():
        put_plugin(folder / "components", name, component)
        put_plugin(folder / "scripts", name)
    (folder / "components" / "neighbour.py").write_text(COUNTER)
    assert plugin_components.keys() == NAMES
    return folder


@pytest.fixture(scope="module")
def first_start(folder: Path) -> Seen:
    """Components, nothing compiled yet."""
    return look(folder, folder / "components", folder / "data")


@pytest.fixture(scope="module")
def second_start(folder: Path, first_start: Seen) -> Seen:
    """The same once more."""
    assert first_start
    return look(folder, folder / "components", folder / "data")


@pytest.fixture(scope="module")
def scripts(folder: Path) -> Seen:
    """The sources."""
    return look(folder, folder / "scripts", folder / "data-of-scripts")


@pytest.fixture(scope="module")
def interpreted(folder: Path) -> Seen:
    """The sources, with a runtime that is not machine code."""
    return look(folder, folder / "scripts", folder / "data-of-interpreted",
                CONFIG + '[engine]\ntarget = "pulley64"\n')


@pytest.fixture(params=["first_start", "second_start", "scripts", "interpreted"])
def seen(request: pytest.FixtureRequest) -> Seen:
    """Each of the runs."""
    return request.getfixturevalue(request.param)


def compilations(log: str) -> list[tuple[str, str]]:
    """Name and log between "compiling NAME" and "compiled NAME", in order."""
    return re.findall(r" info (\S+): compiling \1 \(\d+\.\d MB\), once\n(.*?) "
                      r"info \1: compiled \1 in", log, re.DOTALL)


def test_first_start_compiles_each_once_one_at_a_time(first_start: Seen) -> None:
    """Each has a beginning and an end, and no other begins in between."""
    found = compilations(first_start.log)
    assert sorted(name for name, _ in found) == sorted(NAMES)
    for name, between in found:
        assert ": compiling " not in between, name
    assert first_start.log.count(": compiling ") == len(NAMES)


def test_neighbour_polls_during_compilations(first_start: Seen) -> None:
    """A plugin that runs already does not notice."""
    for name, between in compilations(first_start.log):
        assert " info neighbour: count " in between, f"no poll while {name} was compiled"


def test_second_start_maps_from_the_cache(second_start: Seen) -> None:
    """No compilation, and no word about one."""
    assert "compil" not in second_start.log


def declared_imports() -> set[tuple[str, str]]:
    """Interface and name of each function that wit/harvester offers to plugins."""
    text = (ROOT / "wit" / "harvester" / "plugin.wit").read_text()
    offered = re.findall(r"^    import ([\w-]+);", text, re.MULTILINE)
    bodies = dict(re.findall(r"^interface ([\w-]+) \{\n(.*?)^\}", text, re.DOTALL | re.MULTILINE))
    return {(f"harvester:plugin/{interface}@0.1.0", name) for interface in offered
            for name in re.findall(r"^    ([\w-]+): func\(", bodies[interface], re.MULTILINE)}


def test_whole_contract_is_accepted(folder: Path, first_start: Seen) -> None:
    """The light sensor's component imports every function that there is, each with its type; since
    it runs, the host's table of types is that of the WIT.
    """
    assert first_start.plugins["bh1750"]["polls"]
    light = []
    for artifact in (folder / "data" / "cache").glob("*.cwasm"):
        found = json.loads(subprocess.check_output([BUILD / "harvester-guest", "inspect",
                                                    artifact]))
        if any("light-logic" in interface for interface, _, _ in found["exports"]):
            light = found["imports"]
    assert len(light) >= 32
    assert {(interface, name) for interface, name, _ in light} == declared_imports()


def test_kinds(first_start: Seen, second_start: Seen, scripts: Seen, interpreted: Seen) -> None:
    """The runs compare what they say they compare."""
    for one, kind in ((first_start, "component"), (second_start, "component"),
                      (scripts, "python"), (interpreted, "python")):
        assert {name: one.plugins[name]["kind"] for name in NAMES} == dict.fromkeys(NAMES, kind)


def test_nobody_complains(seen: Seen) -> None:
    """No error, no refused call, no restart."""
    for name in NAMES:
        plugin = seen.plugins[name]
        assert (plugin["errors"], plugin["denied_calls"], plugin["restarts"]) == (0, 0, 0), plugin


@pytest.mark.parametrize("sensor,field,name,factor,tolerance", TRUTHS)
def test_values_are_true(seen: Seen, sensor: str, field: str, name: str, factor: float,
                         tolerance: float) -> None:
    """Each value is near the simulated world's own."""
    assert seen.readings[sensor][field] == pytest.approx(seen.truth[sensor][name] * factor,
                                                         abs=tolerance)


def test_same_sensors_fields_and_types(first_start: Seen, second_start: Seen,
                                       scripts: Seen) -> None:
    """What differs is only what was measured."""
    def shape(one: Seen) -> dict[str, dict[str, type]]:
        return {sensor: {field: type(value) for field, value in one.readings[sensor].items()}
                for sensor in SENSORS}
    assert shape(first_start) == shape(scripts)
    assert shape(second_start) == shape(scripts)


def test_machine_is_the_same(first_start: Seen, scripts: Seen) -> None:
    """The monitor reads the real machine both ways."""
    one, other = first_start.readings["pi4-monitor"], scripts.readings["pi4-monitor"]
    assert one["memory_total_mb"] == other["memory_total_mb"] > 0
    assert 0 < one["uptime_seconds"] <= other["uptime_seconds"]
    assert one["fan_on"] is other["fan_on"] is False


def test_page_shows_every_sensor(seen: Seen) -> None:
    """The dashboard's page, not the built-in one, with a true value on it. Its unit too, if the plugin could declare
    it: the worlds of the first contract, which the components are built for, have no describe().
    """
    temperature = re.search(r"<h2>dht22</h2>.*?<dt>temperature</dt><dd>(\d+(?:\.\d+)?)(<span class=.unit.> °C)?", seen.page,
                            re.DOTALL | re.IGNORECASE)
    assert temperature
    assert bool(temperature[2]) == (seen.plugins["dht22"]["kind"] == "python")
    assert math.isclose(float(temperature[1]), seen.truth["dht22"]["temperature"], abs_tol=0.3)


def test_leds_are_set(seen: Seen) -> None:
    """1 is the DHT22's, 2 is purple while the BME680 learns, 0 is the machine's temperature."""
    leds = [bytes.fromhex(led) for led in seen.truth["leds"]]
    assert any(leds[1])
    assert leds[2][0] == leds[2][2] > 0 == leds[2][1]
    assert any(leds[0]) is (seen.readings["pi4-monitor"]["cpu_temp"] is not None)
    assert seen.truth["leds_malformed"] == 0


def test_display_is_on(seen: Seen) -> None:
    """It was set up; is_settled() has read its text."""
    assert seen.truth["ssd1306"]["on"] and seen.truth["ssd1306"]["charge_pump"]
