r"""Declares names that are markup, that turn the direction of writing round, or have 10 kB, and units of another plugin's sensor.

ends: harmless
says: "value": 1
wall: each declaration is checked; what is wrong is left out, and a plugin declares its own sensors only
"""


def poll():
    return {"value": 1}


def describe():
    return [
        {"field": "value", "name": "<script>alert(1)</script>"},
        {"field": "value", "name": "\u202eeulav"},
        {"field": "value", "name": "x" * 10240},
        {"sensor": "dht22", "field": "temperature", "unit": "K", "name": "Mine"},
        *({"field": f"f{number}", "unit": "°C"} for number in range(600)),
    ]
