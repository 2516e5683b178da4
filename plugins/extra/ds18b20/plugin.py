"""DS18B20 thermometers on the 1-wire bus, each a sensor under its id: temperature in °C."""
from wit_world.imports import one_wire


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1,
         "minimum": -55, "maximum": 125},
    ]


def poll() -> list[dict[str, str | float]]:
    """Read all that are there; each takes 0.75 s. One that fails is told by the error."""
    ids = one_wire.devices()
    if not ids:
        raise LookupError("no thermometer on the 1-wire bus")
    return [{"sensor_id": name, "temperature": one_wire.read_temperature(name)} for name in ids]
