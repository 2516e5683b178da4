"""PMS5003 on a serial port: particles up to 1, 2.5 and 10 µm, in µg/m³ of outdoor air.

It sends a frame a second by itself; a poll takes the newest whole one. Frame: Plantower's manual of
2016, appendix I.
"""
import struct
import time

from wit_world.imports import uart

PORT = "serial0"
START = b"\x42\x4D\x00\x1C"
SIZE = 32
SILENCE_SECONDS = 5.0
HIGHEST = 1000  # µg/m³ that it can measure


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "pm1", "unit": "µg/m³", "quantity": "pm1", "decimals": 0, "minimum": 0,
         "maximum": 1000},
        {"field": "pm25", "unit": "µg/m³", "quantity": "pm25", "decimals": 0, "minimum": 0,
         "maximum": 1000},
        {"field": "pm10", "unit": "µg/m³", "quantity": "pm10", "decimals": 0, "minimum": 0,
         "maximum": 1000},
    ]


class Pms5003:
    """Keeps the beginning of a frame from poll to poll."""

    def __init__(self) -> None:
        self.buffer = b""
        self.heard_at = time.monotonic()

    def newest(self) -> bytes | None:
        """The last whole frame that has come; None where none has."""
        self.buffer += uart.read_port(PORT, 4096)
        frame, broken = None, False
        while (start := self.buffer.find(START)) >= 0 and len(self.buffer) >= start + SIZE:
            found = self.buffer[start:start + SIZE]
            is_whole = sum(found[:-2]) == int.from_bytes(found[-2:], "big")
            frame, broken = (found, broken) if is_whole else (frame, True)
            self.buffer = self.buffer[start + (SIZE if is_whole else 1):]
        self.buffer = self.buffer[1 - SIZE:]
        if broken and not frame:
            raise ValueError("the checksum of a frame is wrong")
        return frame

    def poll(self) -> dict[str, int] | None:
        """None while no new frame is due."""
        if frame := self.newest():
            self.heard_at = time.monotonic()
        elif time.monotonic() - self.heard_at > SILENCE_SECONDS:
            raise TimeoutError(f"no frame for {SILENCE_SECONDS:g} s")
        else:
            return None
        pm1, pm25, pm10 = struct.unpack_from(">3H", frame, 10)
        if not pm1 <= pm25 <= pm10 <= HIGHEST:
            raise ValueError(f"{pm1}, {pm25} and {pm10} µg/m³ cannot be")
        return {"pm1": pm1, "pm25": pm25, "pm10": pm10}
