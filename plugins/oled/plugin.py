"""OLED: the state on an SSD1306 with 128x64 pixels, eight lines of text.

Builds as a component too:
    componentize-py -d wit/demo -w oled-plugin \\
        componentize -p plugins/oled plugin -o oled.wasm
"""
import json
from typing import Any, Iterator

import font
from wit_world import exports
from wit_world.imports import i2c

ADDRESS = 0x3C
WIDTH, PAGES = 128, 8
CELL = font.WIDTH + 1
COLUMNS = WIDTH // CELL
CHUNK = 128  # bytes of picture in one transfer

COMMANDS, DATA = 0x00, 0x40
# Off, clock, 64 rows, no offset, charge pump, page addressing, turned for the usual module,
# contrast, on.
START = bytes.fromhex("ae d580 a83f d300 40 8d14 2002 a1 c8 da12 81cf d9f1 db40 a4 a6 2e af")

LABELS = {"temperature": "T", "humidity": "H", "pressure": "P", "gas_resistance": "G",
          "illuminance": "L"}
NOT_VALUES = ("error", "last_good_ms")


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


def value_text(name: str, value: Any, field: dict[str, Any]) -> str:
    """A value, short, in the unit that the owner chose to see. The font has capital letters only."""
    shown = field.get("shown", field)
    if not isinstance(value, bool) and "factor" in shown:
        value = shown["factor"] * value + shown["offset"]
    if isinstance(value, bool):
        text = "ON" if value else "OFF"
    elif isinstance(value, float):
        text = f"{value:.1f}"
    else:
        text = str(value)
    return LABELS.get(name, name[:4]) + " " + text + shown.get("unit", "").upper()


def lines(state: dict[str, Any]) -> list[str]:
    """The text: for each sensor a title and its values. `*` marks a simulated one, `!` a failed
    one.
    """
    result = []
    for sensor, reading in readings(state.get("readings", [])):
        data = reading["data"]
        mark = ("!" if data.get("error") else "") + ("*" if reading.get("simulated") else "")
        result.append(f"{mark}{sensor.rpartition(':')[2]}")
        if data.get("error"):
            result.append(" " + str(data["error"]))
        fields = reading.get("description", {}).get("fields", {})
        values = [value_text(name, value, fields.get(name, {})) for name, value in data.items()
                  if name not in NOT_VALUES and isinstance(value, (bool, int, float))]
        result.extend(_filled(values))
    return result or ["NO READINGS"]


def _filled(values: list[str]) -> Iterator[str]:
    """As many values a line as fit."""
    line = ""
    for value in values:
        if line and len(line) + 1 + len(value) > COLUMNS:
            yield line
            line = ""
        line += " " + value
    if line:
        yield line


def draw(text: str) -> bytes:
    """One line as one page of the display."""
    cells = b"".join(font.glyph(character) + b"\0" for character in text[:COLUMNS])
    return cells.ljust(WIDTH, b"\0")


class OledLogic(exports.OledLogic):
    """Knows what the display shows, so that only changed pages are sent."""

    def __init__(self) -> None:
        self.shown: list[bytes] | None = None
        self.turn = 0

    def update(self, sensor_data: str) -> None:
        """Draw the state; more lines than fit take turns."""
        screens = _screens(lines(json.loads(sensor_data)))
        text = screens[self.turn % len(screens)]
        self.turn += 1
        try:
            self.show([draw(line) for line in text])
        except BaseException:
            self.shown = None  # the display may have lost its power: set it up anew next time
            raise

    def show(self, pages: list[bytes]) -> None:
        """Send the pages that differ from what is there."""
        if self.shown is None:
            self.send(COMMANDS, START)
        for number, page in enumerate(pages):
            if self.shown is None or self.shown[number] != page:
                self.send_page(number, page)
        self.shown = pages

    def send_page(self, number: int, page: bytes) -> None:
        """Set the place, then send the picture."""
        self.send(COMMANDS, bytes([0xB0 | number, 0x00, 0x10]))
        for start in range(0, len(page), CHUNK):
            self.send(DATA, page[start:start + CHUNK])

    def send(self, kind: int, data: bytes) -> None:
        """One transfer, with its control byte."""
        i2c.transfer(ADDRESS, f"{kind:02x}{data.hex()}", 0)


def _screens(text: list[str]) -> list[list[str]]:
    """Cut into screens of eight lines, the last one filled up."""
    return [(text[i:i + PAGES] + [""] * PAGES)[:PAGES] for i in range(0, len(text), PAGES)]
