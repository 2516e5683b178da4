"""What a reading means: declared fields, the owner's names and units, calibration and filters, on the real programs."""
import json
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable

import pytest
from node import PATIENCE, ROOT, Harvester, command, simulated
from test_hub import folder_of, hub_config, invite, join, spoke_config

Start = Callable[..., Harvester]

DECLARED = """
def poll():
    return {"temperature": 20.0, "wind": 36, "open": True}


def describe():
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1},
        {"field": "wind", "unit": "km/h", "quantity": "wind_speed", "name": "Wind"},
        {"field": "open", "quantity": "door"},
        {"field": "wind", "unit": "m/s"},
        {"field": "n" * 10240, "unit": "m"},
        {"field": "x", "name": "<script>alert(1)</script>"},
        {"field": "y", "name": "\\u202egnp"},
        {"field": "z", "unit": "furlong"},
    ]
"""
STEADY = "def poll():\n    return {'t': 20.0}\n\n\ndef describe():\n    return [{'field': 't', 'unit': '°C'}]\n"


def shown(node: Harvester, sensor: str = "test:one") -> dict[str, Any]:
    """The reading as the API shows it; {} if it has none."""
    return next((reading for reading in node.get_json("/api/v1/readings")["readings"]
                 if reading["sensor_id"] == sensor), {})


def wait_for(node: Harvester, what: str, sensor: str, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The description of a sensor once it is as wanted."""
    def look() -> list[dict[str, Any]]:  # in a list, since {} may be what is wanted
        description = shown(node, sensor).get("description", {})
        return [description] if condition(description) else []
    return node.wait_until(what, look)[0]


def patch(node: Harvester, sensor: str, body: Any) -> tuple[int, Any]:
    """Status and body of the answer."""
    request = urllib.request.Request(f"{node.address}/api/v1/sensors/{sensor}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"}, method="PATCH")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_declared_units_are_everywhere(start: Start, plugins: Path, tmp_path: Path) -> None:
    """API, metrics, log and export say the same; what is wrong is refused by place, and the rest counts."""
    (plugins / "one.py").write_text(DECLARED)
    node = start({"history": {"commit_seconds": 0.2}})
    node.wait_for_value("one")
    reading = shown(node)
    assert reading["units"] == {"temperature": "°C", "wind": "km/h"}
    assert reading["description"] == {"fields": {
        "temperature": {"unit": "°C", "quantity": "temperature", "decimals": 1},
        "wind": {"name": "Wind", "unit": "km/h", "quantity": "wind_speed"},
        "open": {"quantity": "door", "kind": "switch"}}}
    node.wait_for_log(r" warning one: describe\(\), declaration 4: the field wind is declared twice; declare it once; "
                      r"this declaration is ignored, and others")
    inspected = command("plugin", "inspect", plugins / "one.py").stdout
    assert "declares:\n  temperature: °C, temperature\n  wind: Wind, km/h, wind_speed\n  open: door, switch\n" in inspected
    metrics = node.get("/metrics").decode()
    assert 'harvester_reading_temperature_celsius{node="test",sensor="one",field="temperature"} 20\n' in metrics
    assert 'harvester_reading_wind_speed_meters_per_second{node="test",sensor="one",field="wind"} 10\n' in metrics
    assert "# UNIT harvester_reading_temperature_celsius celsius\n" in metrics
    assert 'harvester_plugin_declarations_refused_total{plugin="one"} 5\n' in metrics
    node.wait_for_log(r" one: 20\.0 °C  Wind 36 km/h  open yes")
    node.wait_until("it is stored", lambda: node.get_json("/api/v1/history?resolution=raw&limit=1")["readings"])
    assert node.get_json("/api/v1/history?resolution=raw&limit=1")["units"] == {
        "test:one": {"temperature": "°C", "wind": "km/h"}}
    assert node.get_json("/api/v1/history?sensor=none")["units"] == {}
    assert node.get_json("/api/v1/history/series?node=test&sensor=one&fields=wind")["units"]["wind"] == "km/h"
    node.stop()
    lines = command("history", "export", "--data", tmp_path / "data").stdout.splitlines()
    assert lines[0].endswith(",field,value,unit")
    assert any(line.endswith(',"temperature",20.0,°C') for line in lines)
    assert any(line.endswith(',"wind",36,km/h') for line in lines)
    first = json.loads(command("history", "export", "--format", "jsonl", "--data", tmp_path / "data").stdout.splitlines()[0])
    assert first["units"] == {"temperature": "°C", "wind": "km/h"}


@pytest.mark.parametrize("describe, why", [
    ("    raise OSError('no')", r"describe\(\) failed, so its fields have no units: .*OSError: no"),
    ("    return 7", r"describe\(\) failed, .*describe returned int"),
    ("    return [{'field': 'f' * 60} for _ in range(2000)]", r"describe\(\) returned more than 64 kB"),
    ("    return {'t': '°C'}", r"describe\(\) returned no list of declarations|describe\(\), declaration 1")])
def test_a_wrong_declaration_stops_no_plugin(start: Start, plugins: Path, describe: str, why: str) -> None:
    """The plugin runs, its fields have no units, and its author learns why."""
    (plugins / "one.py").write_text(f"def poll():\n    return {{'t': 1}}\n\n\ndef describe():\n{describe}\n")
    node = start()
    node.wait_for_value("one")
    node.wait_for_log(" warning one: .*" + why)
    assert shown(node)["units"] == {}


def test_a_new_version_declares_anew(start: Start, plugins: Path) -> None:
    """When it takes over, and not before; without describe() nothing is left of the old one."""
    (plugins / "one.py").write_text(STEADY)
    node = start()
    wait_for(node, "it is described", "test:one", lambda one: one)
    (plugins / "one.py").write_text(STEADY.replace("°C", "K"))
    wait_for(node, "the new unit is there", "test:one", lambda one: one.get("fields", {}).get("t") == {"unit": "K"})
    (plugins / "one.py").write_text("def poll():\n    return {'t': 20.0}\n")
    wait_for(node, "there is no unit", "test:one", lambda one: not one)


def test_the_docstring_is_what_the_plugin_is_about(start: Start, plugins: Path) -> None:
    """The first paragraph in GET /api/v1/plugins; of a version that has none, nothing. It is no field of a sensor."""
    (plugins / "one.py").write_text('"""Counts <b>drops</b>\n  of rain.\n\nNot for owners.\n"""\n' + STEADY)
    node = start()

    def about() -> str | None:
        (plugin,) = node.get_json("/api/v1/plugins")
        return plugin["about"]
    node.wait_until("it says so", lambda: about() == "Counts <b>drops</b> of rain.")
    assert wait_for(node, "it is described", "test:one", lambda one: one) == {"fields": {"t": {"unit": "°C"}}}
    (plugins / "one.py").write_text(f'"""{"x" * 513}"""\n' + STEADY)
    node.wait_until("it is cut", lambda: about() == "x" * 509 + "…")
    (plugins / "one.py").write_text(STEADY)
    node.wait_until("it is gone", lambda: about() is None)


def test_the_owner_decides(start: Start, plugins: Path, tmp_path: Path) -> None:
    """Over the API: shown at once, and after a restart and a new version of the plugin."""
    (plugins / "one.py").write_text(STEADY)
    node = start()
    node.wait_for_value("one")
    assert patch(node, "test:one", {"name": "Kitchen", "room": "Ground floor", "order": 3,
                                    "fields": {"t": {"shown_unit": "°F"}}}) == (204, None)
    expected = {"name": "Kitchen", "room": "Ground floor", "order": 3,
                "fields": {"t": {"unit": "°C", "shown": {"unit": "°F", "factor": 1.8, "offset": 32.0}}}}
    assert shown(node)["description"] == expected and shown(node)["data"] == {"t": 20.0}
    node.wait_for_log(" one: Kitchen: t 68.0 °F")
    node.stop()
    again = start()
    assert wait_for(again, "it is described", "test:one", lambda one: len(one) > 1) == expected
    (plugins / "one.py").write_text(STEADY.replace("20.0", "21.0"))
    again.wait_for_data("one", "is new", lambda data: data["t"] == 21.0)
    assert shown(again)["description"] == expected
    assert patch(again, "test:one", {"name": None, "room": None, "order": None, "fields": None}) == (204, None)
    assert shown(again)["description"] == {"fields": {"t": {"unit": "°C"}}}


def test_the_owner_s_decisions_survive_another_name_of_the_node(start: Start, plugins: Path) -> None:
    """Order, room, hidden, main value and the unit shown belong to the node's sensor, whatever the node is called."""
    (plugins / "one.py").write_text(STEADY)
    node = start()
    node.wait_for_value("one")
    decided = {"name": "Kitchen", "room": "Ground floor", "order": 3, "hidden": True, "main": "t"}
    assert patch(node, "test:one", {**decided, "fields": {"t": {"shown_unit": "K"}}}) == (204, None)
    expected = {**decided, "fields": {"t": {"unit": "°C", "shown": {"unit": "K", "factor": 1.0, "offset": 273.15}}}}
    assert shown(node)["description"] == expected
    node.stop()
    again = start({"cluster": {"node_id": "attic"}})
    assert wait_for(again, "it is described", "attic:one", lambda one: len(one) > 1) == expected


def test_what_the_api_refuses(start: Start, plugins: Path, tmp_path: Path) -> None:
    """Names of 10 kB, markup, other directions, two of one name, and what the configuration decides."""
    for name in ("one", "two", "three"):
        (plugins / f"{name}.py").write_text(STEADY)
    node = start({"sensors.three": {"name": "Attic"}})
    for name in ("one", "two", "three"):
        node.wait_for_value(name)
    assert shown(node, "test:three")["description"]["name"] == "Attic"
    assert patch(node, "test:one", {"name": "Kitchen"})[0] == 204
    for sensor, body, status, why in [
            ("one", {"name": "x" * 10240}, 400, "name: expected 1 to 64 bytes of text"),
            ("one", {"name": "<b>x</b>"}, 400, "name: the name has \"<\" at byte 1"),
            ("one", {"room": "a\u202eb"}, 400, "changes the direction of writing"),
            ("one", {"nmae": "x"}, 400, "did you mean name?"),
            ("one", {"hidden": "yes"}, 400, "hidden: expected true or false, or null"),
            ("one", {"fields": {"t": {"shown_unit": "F"}}}, 400, "unknown unit \"F\""),
            ("two", {"name": "Kitchen"}, 409, "the sensor test:one has the name \"Kitchen\""),
            ("two", {"name": "Attic"}, 409, "the sensor three has the name \"Attic\""),
            ("three", {"name": "Cellar"}, 409, "the configuration decides about it"),
            ("none", {"name": "Cellar"}, 404, "there is no sensor test:none")]:
        code, problem = patch(node, f"test:{sensor}", body)
        assert (code, why in problem["detail"]) == (status, True), problem
    assert shown(node)["description"]["name"] == "Kitchen"


def test_two_sensors_of_one_name(start: Start, plugins: Path, tmp_path: Path) -> None:
    """The API and the configuration each refuse it; both together are reported, and so is what a reload changes."""
    for name in ("one", "two"):
        (plugins / f"{name}.py").write_text(STEADY)
    with Harvester(tmp_path, simulated(), plugins) as node:
        for name in ("one", "two"):
            node.wait_for_value(name)
        assert patch(node, "test:one", {"name": "Kitchen"})[0] == 204
        def reload(sensors: str) -> None:
            (tmp_path / "config.toml").write_text(simulated() + sensors)
            before = len(node.lines)
            node.process.send_signal(signal.SIGHUP)
            node.wait_for_log("reload: has read .* again", before)

        reload("[sensors.two]\nname = \"Kitchen\"\n[sensors.two.fields.t]\ndecimals = 3\nfilters = [{offset = 1}]\n")
        node.wait_for_log("warning broker: the sensors test:one and test:two have the same name \"Kitchen\" in the same room: "
                          "give one of them another name")
        wait_for(node, "the API says so", "test:one", lambda one: one.get("namesake") == "test:two")
        reload("[sensors.two]\nname = \"Kitchen\"\nroom = \"Attic\"\n[sensors.two.fields.t]\nfilters = [{offset = 2}]\n")
        wait_for(node, "they differ", "test:one", lambda one: "namesake" not in one)
        changed = [match[1] for match in node.log(r"info broker: reload: (\S+) has changed; the new value")]
        assert changed == ["sensors.two.name", "sensors.two.fields.t.decimals", "sensors.two.fields.t.filters",
                           "sensors.two.room", "sensors.two.fields.t.decimals", "sensors.two.fields.t.filters"]
        assert len(node.log("have the same name")) == 1


RAMP = """
count = 0


def poll():
    global count
    count += 1
    return {"sensor_id": "ramp", "t": float(count), "p": 1000.0 if count % 2 else 5.0}
"""
FILTERS = """
[sensors.ramp.fields.t]
keep_raw = true
filters = [{linear = [[0, 100], [10, 200]]}, {offset = 0.5}]
[sensors.ramp.fields.p]
filters = [{reject = [300, 1100]}]
"""


def test_filters(start: Start, plugins: Path, tmp_path: Path) -> None:
    """Applied once, before everything else: API, history and metrics have the filtered value, and the raw one beside it."""
    (plugins / "one.py").write_text(RAMP)
    (tmp_path / "config.toml").write_text(simulated({"history": {"commit_seconds": 0.2}}) + FILTERS)
    with Harvester(tmp_path, (tmp_path / "config.toml").read_text(), plugins) as node:
        data = node.wait_for_data("ramp", "is filtered", lambda data: "t_raw" in data)
        assert data["t"] == pytest.approx(100.5 + 10 * data["t_raw"])
        bad = node.wait_for_data("ramp", "is rejected", lambda data: data["p"] is None)
        assert bad["error"] == "p: 5 is outside the range that the filters accept"
        rows = node.wait_until("it is stored", lambda: node.get_json("/api/v1/history?resolution=raw&limit=9")["readings"])
        assert all(row["data"]["t"] == pytest.approx(100.5 + 10 * row["data"]["t_raw"]) for row in rows)
        assert 'harvester_plugin_values_rejected_total{plugin="one"}' in node.get("/metrics").decode()


def test_a_window_survives_a_reload(start: Start, plugins: Path, tmp_path: Path) -> None:
    """A reload with the same filters goes on; with others it begins again; a wrong chain changes nothing."""
    chain = "[sensors.one.fields.t]\nfilters = [{{delta = {delta}}}]\n"
    (plugins / "one.py").write_text("count = 0\n\n\ndef poll():\n    global count\n    count += 1\n"
                                    "    return {'t': count, 'n': count}\n")
    config = tmp_path / "config.toml"
    with Harvester(tmp_path, simulated() + chain.format(delta=100000), plugins) as node:
        def reload(text: str) -> None:
            config.write_text(simulated() + text)
            before = len(node.lines)
            node.process.send_signal(signal.SIGHUP)
            node.wait_for_log("reload: (has read .* again|.* has problems)", before)

        node.wait_for_data("one", "counts", lambda data: data["n"] > 3)
        first = node.data("one")["t"]
        reload(chain.format(delta=100000) + "name = \"T\"\n")
        count = node.data("one")["n"]
        node.wait_for_data("one", "counts on", lambda data: data["n"] > count + 2)
        assert node.data("one")["t"] == first
        reload(chain.format(delta=0))
        assert node.log(r"config.toml:\d+:\d+: sensors.one.fields.t.filters.delta: expected a number above 0")
        assert node.data("one")["t"] == first
        reload(chain.format(delta=200000))
        node.wait_for_data("one", "begins again", lambda data: data["t"] > first)


def test_a_value_times_out(start: Start, plugins: Path, tmp_path: Path) -> None:
    """A sensor that its plugin no longer returns keeps no value for ever."""
    (plugins / "one.py").write_text("count = 0\n\n\ndef poll():\n    global count\n    count += 1\n"
                                    "    return {'sensor_id': 'gone', 't': 1.0} if count == 1 else None\n")
    with Harvester(tmp_path, simulated() + "[sensors.gone.fields.t]\nfilters = [{timeout = 1}]\n", plugins) as node:
        node.wait_for_data("gone", "has a value", lambda data: data["t"] == 1.0)
        data = node.wait_for_data("gone", "is over", lambda data: data["t"] is None)
        assert data["error"] == "t: no value for 1 s (timeout)"


def test_a_hub_shows_what_its_spoke_says(tmp_path: Path) -> None:
    """Declarations and names of the spoke, with the hub's own decisions on top."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    (here / "plugins").mkdir()
    (here / "plugins" / "one.py").write_text(STEADY)
    with Harvester(there, hub_config()) as hub:
        join(here, invite(there, hub.address))
        with Harvester(here, spoke_config() + "[sensors.one]\nname = \"Shed\"\n") as spoke:
            spoke.wait_for_value("one")
            wait_for(hub, "the hub knows its unit", "cellar:one", lambda one: "fields" in one)
            assert shown(hub, "cellar:one")["description"] == {"name": "Shed", "fields": {"t": {"unit": "°C"}}}
            assert patch(hub, "cellar:one", {"room": "Garden"}) == (204, None)
            assert shown(hub, "cellar:one")["description"]["room"] == "Garden"
            assert shown(hub, "cellar:one")["units"] == {"t": "°C"}
            assert "room" not in shown(spoke, "cellar:one")["description"]


AIR = """
def poll():
    return {"temperature": 20.0, "humidity": 50.0}


def describe():
    return [{"field": "temperature", "unit": "°C"}, {"field": "humidity", "unit": "%"}]
"""


def test_a_derived_sensor(plugins: Path, tmp_path: Path) -> None:
    """Computed of another sensor's values, with its unit, by the plugin that the node ships with."""
    shutil.copytree(ROOT / "plugins" / "extra" / "derived", plugins / "derived", ignore=shutil.ignore_patterns("__pycache__"))
    (plugins / "one.py").write_text(AIR)
    wanted = ('[[plugins.derived.settings.values]]\nsensor = "air"\nfield = "dew_point"\n'
              'of = ["one/temperature", "one/humidity"]\n')
    with Harvester(tmp_path, simulated() + wanted, plugins) as node:
        data = node.wait_for_data("air", "has a value", lambda data: data.get("dew_point"))
        assert data["dew_point"] == pytest.approx(9.3, abs=0.05)
        assert shown(node, "test:air")["units"] == {"dew_point": "°C"}
        (plugins / "one.py").unlink()
        data = node.wait_for_data("air", "has none", lambda data: data["dew_point"] is None)
        assert data["error"].startswith("dew_point: one has no ")
