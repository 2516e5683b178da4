"""Values that are computed from those of other sensors: dew point, absolute humidity, sum, mean, difference, lowest, highest.

[[plugins.derived.settings.values]] in the node's configuration, one for each value:

    sensor = "kitchen-air"       # whose field it is; default: derived
    field = "dew_point"
    kind = "dew_point"           # default: as the field is called
    of = ["dht22/temperature", "dht22/humidity"]
    unit = "W"                   # of sum, mean, difference, lowest and highest

`of` names fields as SENSOR/FIELD, or NODE:SENSOR/FIELD on a hub. A value that is missing, older than `stale_seconds` (300) or
in a unit that does not fit has no result, and the error says why.
"""
import json
import math
import time
from typing import Any, Callable

from wit_world.imports import settings

STALE_SECONDS = 300
VALUES_MAX = 64
OF_MAX = 32


def vapour_pressure(temperature: float, humidity: float) -> float:
    """In hPa, of water, by °C and %. Sonntag 1990, as the WMO's Guide No. 8, annex 4.B has it."""
    return humidity / 100 * 6.112 * math.exp(17.62 * temperature / (243.12 + temperature))


def dew_point(temperature: float, humidity: float) -> float:
    """In °C: the inverse of the above."""
    share = math.log(vapour_pressure(temperature, humidity) / 6.112)
    return 243.12 * share / (17.62 - share)


def absolute_humidity(temperature: float, humidity: float) -> float:
    """In g/m³: the ideal gas law, with water's 461.5 J/(kg K)."""
    return vapour_pressure(temperature, humidity) * 1e5 / 461.5 / (temperature + 273.15)


def air(function: Callable[[float, float], float]) -> Callable[[list[float]], float]:
    """Of two values that air can have."""
    def checked(values: list[float]) -> float:
        temperature, humidity = values
        if not -100 <= temperature <= 100 or not 0 < humidity <= 100:
            raise ValueError(f"{temperature:g} °C and {humidity:g} % are no values of air")
        return function(temperature, humidity)
    return checked


# What each kind computes, of how many values (None: 1 to OF_MAX), in which units they have to be, and what comes out.
KINDS: dict[str, tuple[Callable[[list[float]], float], int | None, tuple[str, ...], dict[str, Any]]] = {
    "dew_point": (air(dew_point), 2, ("°C", "%"), {"unit": "°C", "quantity": "temperature", "decimals": 1}),
    "absolute_humidity": (air(absolute_humidity), 2, ("°C", "%"),
                          {"unit": "g/m³", "quantity": "absolute_humidity", "decimals": 1}),
    "sum": (math.fsum, None, (), {}),
    "mean": (lambda values: math.fsum(values) / len(values), None, (), {}),
    "difference": (lambda values: values[0] - values[1], 2, (), {}),
    "lowest": (min, None, (), {}),
    "highest": (max, None, (), {}),
}


class Value:
    """One entry of the settings."""

    def __init__(self, entry: Any, place: int) -> None:
        self.where = f"settings.values, entry {place}"
        if not isinstance(entry, dict):
            raise ValueError(f"{self.where}: expected a table")
        self.field = self.text(entry, "field", None)
        self.sensor = self.text(entry, "sensor", "derived")
        kind = self.text(entry, "kind", self.field)
        if kind not in KINDS:
            raise ValueError(f"{self.where}: unknown kind {kind}; known here: {', '.join(KINDS)}")
        self.function, count, self.units, self.meaning = KINDS[kind]
        self.unit = self.text(entry, "unit", "")
        self.of = [tuple(name.split("/", 1)) for name in entry.get("of", []) if isinstance(name, str) and "/" in name]
        if len(self.of) != len(entry.get("of", [])) or not 1 <= len(self.of) <= OF_MAX:
            raise ValueError(f'{self.where}: `of` has to be 1 to {OF_MAX} fields, such as ["dht22/temperature"]')
        if count and len(self.of) != count:
            raise ValueError(f"{self.where}: {kind} is computed of {count} fields, not of {len(self.of)}")

    def text(self, entry: dict[str, Any], key: str, usual: str | None) -> str:
        """A text of the entry."""
        value = entry.get(key, usual)
        if not isinstance(value, str):
            raise ValueError(f"{self.where}: `{key}` has to be a text")
        return value

    def declaration(self) -> dict[str, Any]:
        """What its field means."""
        return {"sensor": self.sensor, "field": self.field, **self.meaning,
                **({"unit": self.unit} if self.unit and not self.meaning else {})}

    def compute(self, inputs: list[tuple[float, str]]) -> float:
        """Of numbers with their units."""
        known = {unit for _, unit in inputs if unit}
        for (_, unit), wanted, (sensor, field) in zip(inputs, self.units, self.of):
            if unit not in ("", wanted):
                raise ValueError(f"{sensor}/{field} is in {unit}, not in {wanted}")
        if not self.units and len(known) > 1:
            raise ValueError(f"they are in different units: {', '.join(sorted(known))}")
        return self.function([number for number, _ in inputs])


def read_settings() -> tuple[list[Value], float]:
    """What the owner wants."""
    wanted = json.loads(settings.get_all())
    entries = wanted.get("values", [])
    if not isinstance(entries, list) or not 1 <= len(entries) <= VALUES_MAX:
        raise ValueError(f"settings.values: expected 1 to {VALUES_MAX} tables, [[plugins.derived.settings.values]]")
    return [Value(entry, i + 1) for i, entry in enumerate(entries)], float(wanted.get("stale_seconds", STALE_SECONDS))


def find(readings: dict[str, Any], sensor: str) -> dict[str, Any]:
    """The reading of NODE:SENSOR, or of the only SENSOR."""
    if sensor in readings:
        return readings[sensor]
    found = [reading for name, reading in readings.items() if name.split(":", 1)[-1] == sensor]
    if len(found) != 1:
        raise ValueError(f"{sensor} has no reading" if not found else f"several nodes have a sensor {sensor}: write NODE:{sensor}")
    return found[0]


def pick(readings: dict[str, Any], sensor: str, field: str, oldest_ms: float) -> tuple[float, str]:
    """A number and its unit."""
    reading = find(readings, sensor)
    number = reading["data"].get(field)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ValueError(f"{sensor} has no {field}")
    if reading["timestamp_ms"] < oldest_ms:
        raise ValueError(f"{sensor} has no new reading")
    fields = (reading.get("description") or {}).get("fields") or {}
    return float(number), fields.get(field, {}).get("unit", "")


def compute_all(values: list[Value], known: dict[str, Any], oldest_ms: float) -> list[dict[str, Any]]:
    """A reading for each sensor of the settings."""
    sensors: dict[str, dict[str, Any]] = {}
    for value in values:
        result = sensors.setdefault(value.sensor, {"sensor_id": value.sensor})
        try:
            result[value.field] = value.compute([pick(known, sensor, field, oldest_ms) for sensor, field in value.of])
        except ValueError as error:
            result[value.field] = None
            result["error"] = "; ".join(filter(None, (result.get("error"), f"{value.field}: {error}")))
    return list(sensors.values())


readings: dict[str, Any] = {}  # of all sensors, by NODE:SENSOR, as of the last cycle


def describe() -> list[dict[str, Any]]:
    """What the fields mean, for the page, the API and the history."""
    return [value.declaration() for value in read_settings()[0]]


def update(state: str) -> None:
    """The readings of this cycle."""
    readings.clear()
    readings.update(json.loads(state)["readings"])


def poll() -> list[dict[str, Any]] | None:
    """All values; nothing before the first cycle."""
    values, stale_seconds = read_settings()
    return compute_all(values, readings, 1000 * (time.time() - stale_seconds)) if readings else None
