"""plugins/extra/derived: values that are computed from those of other sensors."""
import json
import time
from typing import Any

import pytest
from fake import host

AIR = ["home:dht22/temperature", "dht22/humidity"]


def reading(data: dict[str, Any], units: dict[str, str] | None = None, age_seconds: float = 0) -> dict[str, Any]:
    """As the state has it."""
    return {"timestamp_ms": 1000 * (time.time() - age_seconds), "data": data, "simulated": False,
            "description": {"fields": {field: {"unit": unit} for field, unit in (units or {}).items()}}}


def compute(runtime: Any, values: Any, readings: dict[str, Any], **more: Any) -> Any:
    """What a poll returns by these settings, once it knows these readings."""
    host.answers["settings.get_all"] = lambda: json.dumps({"values": values, **more})
    runtime.load_folder("extra/derived")
    assert runtime.poll() is None
    runtime.script.call("update", json.dumps({"readings": readings, "nodes": {}}))
    return runtime.poll()


@pytest.fixture(autouse=True)
def fresh() -> Any:
    """Without the settings of the test before."""
    yield
    host.reset()


# Saturation vapour pressure and dew points: WMO Guide No. 8, table 4.B.1, and psychrometric tables, to 0.1 K.
@pytest.mark.parametrize("temperature, humidity, dew_point, absolute", [
    (20.0, 100.0, 20.0, 17.3), (20.0, 50.0, 9.3, 8.6), (25.0, 60.0, 16.7, 13.8), (0.0, 80.0, -3.0, 3.9),
    (30.0, 30.0, 10.5, 9.1), (-10.0, 90.0, -11.3, 2.1)])
def test_vectors(runtime, temperature: float, humidity: float, dew_point: float, absolute: float) -> None:
    values = [{"sensor": "air", "field": kind, "of": AIR} for kind in ("dew_point", "absolute_humidity")]
    data = {"home:dht22": reading({"temperature": temperature, "humidity": humidity}, {"temperature": "°C", "humidity": "%"})}
    [air] = compute(runtime, values, data)
    assert air["sensor_id"] == "air" and "error" not in air
    assert air["dew_point"] == pytest.approx(dew_point, abs=0.1)
    assert air["absolute_humidity"] == pytest.approx(absolute, abs=0.1)


def test_the_others(runtime) -> None:
    data = {f"home:m{i}": reading({"power": 10.0 * i}, {"power": "W"}) for i in (1, 2, 4)}
    values = [{"field": kind, "of": [f"m{i}/power" for i in (4, 1, 2)][:count], "unit": "W"}
              for kind, count in (("sum", 3), ("mean", 3), ("difference", 2), ("lowest", 3), ("highest", 1))]
    [derived] = compute(runtime, values, data)
    assert derived == {"sensor_id": "derived", "sum": 70.0, "mean": pytest.approx(70 / 3), "difference": 30.0,
                       "lowest": 10.0, "highest": 40.0}
    assert json.loads(runtime.script.call("describe", "null"))[0] == {"sensor": "derived", "field": "sum", "unit": "W"}


@pytest.mark.parametrize("data, why", [
    ({}, "home:dht22 has no reading"),
    ({"home:dht22": reading({"temperature": None, "humidity": 50})}, "home:dht22 has no temperature"),
    ({"home:dht22": reading({"temperature": True, "humidity": 50})}, "home:dht22 has no temperature"),
    ({"home:dht22": reading({"temperature": 20, "humidity": 50}, age_seconds=400)}, "home:dht22 has no new reading"),
    ({"home:dht22": reading({"temperature": 68, "humidity": 50}, {"temperature": "°F"})},
     "home:dht22/temperature is in °F, not in °C"),
    ({"home:dht22": reading({"temperature": 20, "humidity": 0})}, "20 °C and 0 % are no values of air"),
    ({"home:dht22": reading({"temperature": 20, "humidity": 50}), "shed:dht22": reading({"humidity": 50})},
     "several nodes have a sensor dht22: write NODE:dht22"),
])
def test_no_value(runtime, data: dict[str, Any], why: str) -> None:
    """null with the reason, and the other values all the same."""
    values = [{"sensor": "air", "field": "dew_point", "of": AIR}, {"sensor": "other", "field": "x", "kind": "sum", "of": ["a/x"]}]
    air, other = compute(runtime, values, {**data, "home:a": reading({"x": 1})})
    assert air == {"sensor_id": "air", "dew_point": None, "error": f"dew_point: {why}"}
    assert other == {"sensor_id": "other", "x": 1.0}


def test_units_that_differ(runtime) -> None:
    data = {"home:a": reading({"x": 1}, {"x": "W"}), "home:b": reading({"x": 1}, {"x": "kW"})}
    [derived] = compute(runtime, [{"field": "sum", "of": ["a/x", "b/x"]}], data)
    assert derived["error"] == "sum: they are in different units: W, kW"


@pytest.mark.parametrize("values, why", [
    ([], "settings.values: expected 1 to 64 tables"),
    ([{"field": "sum", "of": ["a/x"]}] * 65, "settings.values: expected 1 to 64 tables"),
    (["sum"], "settings.values, entry 1: expected a table"),
    ([{"of": ["a/x"]}], "entry 1: `field` has to be a text"),
    ([{"field": "sum", "of": ["a"]}], "entry 1: `of` has to be 1 to 32 fields"),
    ([{"field": "sum", "of": ["a/x"] * 33}], "entry 1: `of` has to be 1 to 32 fields"),
    ([{"field": "dew_point", "of": ["a/x"]}], "entry 1: dew_point is computed of 2 fields, not of 1"),
    ([{"field": "speed", "of": ["a/x"]}], "entry 1: unknown kind speed; known here: dew_point"),
])
def test_wrong_settings(runtime, values: Any, why: str) -> None:
    host.answers["settings.get_all"] = lambda: json.dumps({"values": values})
    runtime.load_folder("extra/derived")
    assert why in runtime.error()
