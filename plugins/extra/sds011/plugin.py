"""SDS011 on a serial port: particles up to 2.5 and 10 µm, in µg/m³.

It sends a frame a second by itself; a poll takes the newest whole one. Frame: Nova Fitness, "Laser
Dust Sensor Control Protocol" V1.3.
"""
import time

from wit_world.imports import uart

PORT = "ttyUSB0"
START = b"\xAA\xC0"
END = 0xAB
SIZE = 10
SILENCE_SECONDS = 5.0
HIGHEST = 999.9  # µg/m³ that it can measure


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "pm25", "unit": "µg/m³", "quantity": "pm25", "decimals": 1, "minimum": 0,
         "maximum": 999.9},
        {"field": "pm10", "unit": "µg/m³", "quantity": "pm10", "decimals": 1, "minimum": 0,
         "maximum": 999.9},
    ]


class Sds011:
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
            is_whole = found[9] == END and sum(found[2:8]) & 0xFF == found[8]
            frame, broken = (found, broken) if is_whole else (frame, True)
            self.buffer = self.buffer[start + (SIZE if is_whole else 1):]
        self.buffer = self.buffer[1 - SIZE:]
        if broken and not frame:
            raise ValueError("the checksum of a frame is wrong")
        return frame

    def poll(self) -> dict[str, float] | None:
        """None while no new frame is due."""
        if frame := self.newest():
            self.heard_at = time.monotonic()
        elif time.monotonic() - self.heard_at > SILENCE_SECONDS:
            raise TimeoutError(f"no frame for {SILENCE_SECONDS:g} s")
        else:
            return None
        pm25, pm10 = (int.from_bytes(frame[at:at + 2], "little") / 10 for at in (2, 4))
        if not pm25 <= pm10 <= HIGHEST:
            raise ValueError(f"{pm25} and {pm10} µg/m³ cannot be")
        return {"pm25": pm25, "pm10": pm10}
