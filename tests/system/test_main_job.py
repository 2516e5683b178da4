"""The shipped plugins on the simulation: their values are true, and every output shows them."""
import json
import re
import shutil
import sys
import types
from pathlib import Path
from typing import Any, Iterator
from unittest import mock

import pytest
from node import ROOT, Harvester, simulated

SENSORS = {"bh1750", "bme680", "dht22", "pi4-monitor"}

# Sensor, field, the truth's name of it and its factor, and how far a reading may be from it:
# absolutely, and as a part of it.
TRUTHS = (
    ("bme680", "temperature", "temperature", 1, 0.5, 0),
    ("bme680", "humidity", "humidity", 1, 2, 0),
    ("bme680", "pressure", "pressure", 1, 1, 0),
    ("bme680", "gas_resistance", "gas_resistance", 0.001, 0, 0.2),
    ("dht22", "temperature", "temperature", 1, 0.6, 0),
    ("dht22", "humidity", "humidity", 1, 0.6, 0),
    ("bh1750", "illuminance", "lux", 1, 1, 0.2),
)

# Shows what the strip makes of a colour, in a LED that no other plugin touches; and talks.
LIGHTS = """
from wit_world.imports import led_controller

for number in range(90):
    print("line", number)

def poll():
    led_controller.set_led(5, 255, 128, 1)
    led_controller.sync_leds()
"""


def node_with_all(folder: Path) -> Harvester:
    """With the plugins as they ship. A slow interval keeps the display still for a while."""
    shutil.copytree(ROOT / "plugins", folder / "plugins",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "plugins" / "lights.py").write_text(LIGHTS)
    (folder / "plugins" / "lights.permission.toml").write_text("allow_leds = true\n")
    return Harvester(folder, simulated({"polling": {"interval_seconds": 0.5}}))


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """One node for all of this file."""
    with node_with_all(tmp_path_factory.mktemp("main")) as harvester:
        yield harvester


def settled(harvester: Harvester) -> dict[str, dict[str, Any]]:
    """The readings, once every sensor has a whole one."""
    def look() -> dict[str, dict[str, Any]] | None:
        readings = harvester.readings()
        gas = readings.get("bme680", {}).get("data", {}).get("gas_resistance")
        return readings if SENSORS <= readings.keys() and gas is not None else None
    return harvester.wait_until("every sensor has a whole reading", look)


@pytest.mark.parametrize("sensor, field, name, factor, absolute, relative", TRUTHS)
def test_values_are_true(harvester: Harvester, sensor: str, field: str, name: str, factor: float,
                         absolute: float, relative: float) -> None:
    """Each value is near what the simulated world says of itself."""
    value = settled(harvester)[sensor]["data"][field]
    truth = harvester.get_json("/api/v1/simulation")[sensor][name] * factor
    assert value == pytest.approx(truth, abs=absolute, rel=relative)


def test_simulated_is_said(harvester: Harvester) -> None:
    """Of what a simulated device had a part in, and of nothing else; in the log too."""
    readings = settled(harvester)
    assert {sensor: readings[sensor].get("simulated") for sensor in SENSORS} == {
        "bh1750": True, "bme680": True, "dht22": True, "pi4-monitor": None}
    assert re.search(r"info dht22: \d+\.\d °C  \d+\.\d %  \(simulated\)$",
                     harvester.wait_for_log("info dht22: .*°C").string)
    assert "(simulated)" not in harvester.wait_for_log("info pi4-monitor: .*%").string
    assert harvester.log(r"warning broker: the hardware is SIMULATED \(.*config\.toml says so\)$")


def test_machine_is_real(harvester: Harvester) -> None:
    """The monitor's values are this machine's."""
    data = settled(harvester)["pi4-monitor"]["data"]
    memory = int(re.findall(r"MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text())[0])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert data["memory_total_mb"] == pytest.approx(memory / 1024, abs=1)
    assert 0 < data["memory_used_mb"] < data["memory_total_mb"]
    assert uptime - 60 < data["uptime_seconds"] <= uptime
    assert data["fan_on"] in (True, False)


def oled_plugin() -> types.ModuleType:
    """The plugin as a module of this Python, for its drawing."""
    exports, imports = types.ModuleType("wit_world.exports"), types.ModuleType("wit_world.imports")
    exports.__dict__["OledLogic"] = object
    imports.__dict__["i2c"] = None
    world = types.ModuleType("wit_world")
    world.__dict__.update(exports=exports, imports=imports)
    font, plugin = types.ModuleType("font"), types.ModuleType("oled")
    modules = {"wit_world": world, "wit_world.exports": exports, "wit_world.imports": imports,
               "font": font}
    with mock.patch.dict(sys.modules, modules):
        for module, name in ((font, "font.py"), (plugin, "plugin.py")):
            exec((ROOT / "plugins" / "oled" / name).read_text(), module.__dict__)
    return plugin


def screens(plugin: types.ModuleType, readings: dict[str, dict[str, Any]]) -> list[str]:
    """What the display may show of these readings, as hexadecimal text: they take turns."""
    lines = plugin.lines({"readings": {f"test:{name}": one for name, one in readings.items()}})
    return [b"".join(map(plugin.draw, screen)).hex() for screen in plugin._screens(lines)]


def described(harvester: Harvester) -> dict[str, dict[str, Any]]:
    """The readings as update() gets them, with what is known about their fields."""
    return {reading["sensor"]: {key: reading[key] for key in ("sensor_id", "timestamp_ms", "data", "simulated", "description")}
            for reading in harvester.get_json("/api/v1/readings")["readings"]}


def test_display_shows_the_readings(harvester: Harvester) -> None:
    """All 1024 bytes are what the plugin draws of the same readings, and each screen comes up."""
    plugin = oled_plugin()
    settled(harvester)
    seen: set[int] = set()
    pictures: set[str] = set()

    def look() -> bool:
        before = described(harvester)
        display = harvester.get_json("/api/v1/simulation")["ssd1306"]
        assert display["on"] and display["charge_pump"] and not display["inverted"]
        pictures.add(display["pixels"])
        expected = screens(plugin, before)
        if described(harvester) == before and display["pixels"] in expected:
            seen.add(expected.index(display["pixels"]))
        return seen == set(range(len(expected)))
    harvester.wait_until("the display has shown every screen of the readings", look)
    assert len(seen) > 1 and len(pictures) > 1
    assert {len(picture) for picture in pictures} == {2 * 1024}


def test_leds(harvester: Harvester) -> None:
    """The simulated strip decodes what the plugins have set; brightness is full here."""
    temperature = settled(harvester)["dht22"]["data"]["temperature"]
    harvester.wait_until("LED 5 is set", lambda: harvester.get_json(
        "/api/v1/simulation")["leds"][5] == "ff8001")
    simulation = harvester.get_json("/api/v1/simulation")
    leds = simulation["leds"]
    assert 15.1 < temperature < 25, "the simulated room is mild"
    assert (leds[1], leds[2]) == ("00ff00", "800080")
    assert set(leds[3:5] + leds[6:]) == {"000000"} and len(leds) == 11
    # LED 0 says how warm the machine is, where it has a sensor of that.
    cpu = settled(harvester)["pi4-monitor"]["data"]["cpu_temp"]
    assert leds[0] in ({"000000"} if cpu is None else {"00ff00", "ffc800", "ff0000"})
    assert simulation["leds_malformed"] == 0


def test_dashboard(harvester: Harvester) -> None:
    """The page at / is the dashboard plugin's, with every sensor and a true value."""
    settled(harvester)

    def look() -> str | None:
        page = harvester.get("/").decode()
        return page if all(f"<h2>{sensor}</h2>" in page for sensor in SENSORS) else None
    page = harvester.wait_until("the page has every sensor", look)
    temperature = re.search(r"<h2>dht22</h2>.*?<dd>(\d+\.\d)<span class=.unit.> °C", page)
    truth = harvester.get_json("/api/v1/simulation")["dht22"]["temperature"]
    assert temperature and float(temperature[1]) == pytest.approx(truth, abs=0.7)
    assert page.count('<span class="badge">simulated</span>') == 3


def test_logs_route(harvester: Harvester) -> None:
    """The events, as they are on stderr; the lines that show readings are not kept."""
    harvester.wait_for_log(r" info dht22: .* °C ")
    logs = harvester.get_json("/api/logs")["logs"]
    assert 0 < len(logs) <= 100 and any(line.endswith(" info dht22: found") for line in logs)
    assert not any("(simulated)" in line for line in logs)
    harvester.wait_until("stderr has them too", lambda: set(logs) <= set(harvester.lines))


def test_polls_are_counted(harvester: Harvester) -> None:
    """No plugin of ours fails, is refused anything or is restarted."""
    settled(harvester)
    for plugin in harvester.get_json("/api/v1/plugins"):
        assert plugin["kind"] == "python" and plugin["state"] in ("idle", "calling")
        assert plugin["last_denied"] == "", json.dumps(plugin)
        assert (plugin["errors"], plugin["restarts"], plugin["kills"],
                plugin["denied_calls"]) == (0, 0, 0, 0)


def test_stops_within_two_seconds(tmp_path: Path) -> None:
    """As promised, with everything running; stop() wants exit status 0 and no process left."""
    with node_with_all(tmp_path) as harvester:
        settled(harvester)
        harvester.stop(seconds=2)
        assert harvester.log("info broker: stopped$")
