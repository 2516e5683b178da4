"""Dashboard: the state as a page, a card for each sensor. A new sensor appears by itself.

The first sight of the page has every value, by the state; the host's elements then keep it fresh
(docs/PLUGINS.md). Builds as a component too:
    componentize-py -d wit/demo -w dashboard-plugin \\
        componentize -p plugins/dashboard plugin -o dashboard.wasm
"""
import json
from datetime import datetime, timezone
from html import escape
from typing import Any, Iterator

from page import BODY, HEAD, STYLE
from wit_world import exports

# Words of a field's name that a person writes differently, and last words that its value says.
WORDS = {"cpu": "CPU", "iaq": "gas", "temp": "temperature"}
DROPPED = ("mb", "seconds", "percent", "on")
ABOUT_ERRORS = ("error", "last_good_ms")
NOTHING = "—"
CARDS_MAX = 768 * 1024  # bytes of all cards; what render() returns may have 1 MiB


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


def duration(seconds: float) -> str:
    """Seconds in the largest unit that still tells something."""
    if seconds < 120:
        return f"{seconds:.4g} s"
    for limit, size, unit in ((7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds // 86400:.0f} days"


def value_text(value: Any, field: dict[str, Any]) -> tuple[str, str]:
    """A value and its unit, in the unit that the owner chose to see."""
    if value is None:
        return NOTHING, ""
    if isinstance(value, bool):
        return "on" if value else "off", ""
    if not isinstance(value, (int, float)):
        return value if isinstance(value, str) else json.dumps(value), ""
    shown = field.get("shown", field)
    unit = shown.get("unit", "")
    if "factor" in shown:
        value = shown["factor"] * value + shown["offset"]
    if unit == "s":
        number, _, unit = duration(value).rpartition(" ")
        return number, unit
    if unit or "decimals" in field:
        return f"{value:.{field.get('decimals', 1)}f}", unit
    return str(value) if isinstance(value, int) else f"{value:.4g}", ""


def value_markup(value: Any, field: dict[str, Any]) -> str:
    """The same, the unit smaller."""
    text, unit = value_text(value, field)
    return escape(text) + (f'<span class="unit"> {escape(unit)}</span>' if unit else "")


def time_text(milliseconds: Any) -> str:
    """A time of day; the script replaces it by an age."""
    try:
        time = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
        return time.strftime("%Y-%m-%d %H:%M:%S UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return NOTHING


def title(name: str, field: dict[str, Any]) -> str:
    """A field's name as a person would write it: the one that was declared, or its own in words."""
    if field.get("name"):
        return str(field["name"])
    words = name.split("_")
    if len(words) > 1 and words[-1] in DROPPED:
        words.pop()
    text = " ".join(WORDS.get(word, word) for word in words)
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
    description = reading.get("description", {})
    fields = description.get("fields", {})
    values = {name: value for name, value in data.items() if name not in ABOUT_ERRORS}
    rows = "".join(f'<div class="field"><dt>{escape(title(name, fields.get(name, {})))}</dt>'
                   f"<dd>{value_markup(value, fields.get(name, {}))}</dd></div>"
                   for name, value in values.items())
    badge = '<span class="badge">simulated</span>' if reading.get("simulated") else ""
    parts = [f'<div class="head"><h2>{escape(description.get("name", sensor))}</h2>{badge}</div>',
             paragraph(node, "node") if node else "", f"<dl>{rows}</dl>"]
    kind = "fine"
    if data.get("error"):
        kind = "failed" if all(value is None for value in values.values()) else "partly"
        parts.append(paragraph(str(data["error"]), "error"))
        if data.get("last_good_ms"):
            parts.append(paragraph("Last good value " + time_text(data["last_good_ms"]), "seen"))
    parts.append(paragraph("Last seen " + time_text(reading.get("timestamp_ms")), "seen"))
    return f'<article class="{kind}">{"".join(parts)}</article>'


def is_monitor(reading: dict[str, Any]) -> bool:
    """About its node, not about the room: the host's elements show it among the nodes."""
    return "cpu_usage" in reading["data"] or "cpu_temp" in reading["data"]


def fitting(cards: list[str]) -> list[str]:
    """Those that a page has room for, the smallest first: one plugin with very much leaves the others
    theirs. In their order.
    """
    room = CARDS_MAX
    kept = set()
    for size, at in sorted((len(text.encode()), at) for at, text in enumerate(cards)):
        room -= size
        if room < 0:
            break
        kept.add(at)
    return [text if at in kept else "" for at, text in enumerate(cards)]


def page(named: list[tuple[str, dict[str, Any]]], left_out: int = 0) -> str:
    """The whole document. The node left so many readings out of the state."""
    drawn = fitting([card(*one) for one in named])
    monitors = [is_monitor(reading) for _, reading in named]
    cards = "".join(text for text, about_node in zip(drawn, monitors) if not about_node)
    nodes = "".join(text for text, about_node in zip(drawn, monitors) if about_node)
    if not named:
        cards = "<p>No readings yet.</p>"
    elif missing := drawn.count("") + left_out:
        cards += f"<p>{missing} more sensors are not drawn here.</p>"
    return HEAD.replace("{style}", STYLE) + BODY.format(cards=cards, nodes=nodes)


class DashboardLogic(exports.DashboardLogic):
    """Needs no memory."""

    def render(self, sensor_data: str) -> str:
        """The state as JSON in, the page out."""
        state = json.loads(sensor_data)
        left_out = sum(part["readings"] for part in state.get("left_out", []))
        return page(sorted(readings(state.get("readings", [])), key=lambda named: named[0]), left_out)
