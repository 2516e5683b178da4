"""Dashboard: the state as a page, a card for each sensor. A new sensor appears by itself.

The page is whole without its script, which then keeps it fresh from /api/readings. Builds as a
component too:
    componentize-py -d wit/demo -w dashboard-plugin \\
        componentize -p plugins/dashboard plugin -o dashboard.wasm
"""
import json
from datetime import datetime, timezone
from html import escape
from typing import Any, Iterator

from page import SCRIPT, STYLE
from wit_world import exports

# The end of a field's name, the unit, decimals. The first that fits counts.
UNITS = (
    ("temperature", "°C", 1), ("temp", "°C", 1), ("humidity", "%", 1), ("pressure", "hPa", 1),
    ("gas_resistance", "kΩ", 1), ("illuminance", "lx", 1), ("lux", "lx", 1),
    ("usage", "%", 1), ("percent", "%", 1), ("mb", "MB", 0), ("seconds", "s", 0), ("voltage", "V",
                                                                                   2),
)
ABOUT_ERRORS = ("error", "last_good_ms")
NOTHING = "—"


def readings(state: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every reading of the state, with its sensor's name: an object with `data`, in lists or below
    names.
    """
    if isinstance(state, list):
        for item in state:
            yield from readings(item, path)
    elif isinstance(state, dict) and isinstance(state.get("data"), dict):
        yield str(state.get("sensor_id") or ":".join(path)), state
    elif isinstance(state, dict):
        for name, item in state.items():
            yield from readings(item, (*path, name))


def value_text(name: str, value: Any) -> str:
    """A value with its unit."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, (int, float)):
        return value if isinstance(value, str) else json.dumps(value)
    for suffix, unit, decimals in UNITS:
        if name == suffix or name.endswith("_" + suffix):
            return f"{value:.{decimals}f} {unit}"
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def time_text(milliseconds: Any) -> str:
    """A time of day; the script replaces it by an age."""
    try:
        time = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
        return time.strftime("%Y-%m-%d %H:%M:%S UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return NOTHING


def title(name: str) -> str:
    """A field's name as a person would write it."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def split(sensor_id: str) -> tuple[str, str]:
    """Node and sensor; a node's name has no colon."""
    node, colon, sensor = sensor_id.partition(":")
    return (node, sensor) if colon else ("", node)


def paragraph(text: str, kind: str) -> str:
    """A line of a card."""
    return f'<p class="{kind}">{escape(text)}</p>'


def card(sensor_id: str, reading: dict[str, Any]) -> str:
    """One sensor."""
    data = reading["data"]
    node, sensor = split(sensor_id)
    values = "".join(f"<dt>{escape(title(name))}</dt><dd>{escape(value_text(name, value))}</dd>"
                     for name, value in data.items() if name not in ABOUT_ERRORS)
    parts = [f"<h2>{escape(sensor)}</h2>", paragraph(node, "node") if node else "",
             '<span class="badge">simulated</span>' if reading.get("simulated") else "",
             f"<dl>{values}</dl>"]
    if data.get("error"):
        parts.append(paragraph(str(data["error"]), "error"))
        if data.get("last_good_ms"):
            parts.append(paragraph("Last good value " + time_text(data["last_good_ms"]), "seen"))
    parts.append(paragraph("Last seen " + time_text(reading.get("timestamp_ms")), "seen"))
    kind = "failed" if data.get("error") else "fine"
    return f'<article class="{kind}">{"".join(parts)}</article>'


def page(cards: list[str]) -> str:
    """The whole document."""
    units = json.dumps(UNITS, ensure_ascii=False).replace("<", "\\u003c")
    body = "".join(cards) or "<p>No readings yet.</p>"
    sensors = "sensor" if len(cards) == 1 else "sensors"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>harvester</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header><h1>harvester</h1><span id="status">{len(cards)} {sensors}</span></header>
<main>{body}</main>
<script type="application/json" id="units">{units}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


class DashboardLogic(exports.DashboardLogic):
    """Needs no memory."""

    def render(self, sensor_data: str) -> str:
        """The state as JSON in, the page out."""
        state = json.loads(sensor_data)
        return page([card(*named) for named in readings(state.get("readings", []))])
