"""Small chips at the boundary of the host's calls, for drivers whose devices the simulated world
has not. They know the bytes of the data sheets, and one measurement each.
"""
import struct
from typing import Any


def crc8(data: bytes) -> int:
    """Sensirion's checksum: polynomial 0x31, from 0xFF."""
    value = 0xFF
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = (value << 1 ^ (0x31 if value & 0x80 else 0)) & 0xFF
    return value


def words(*values: int) -> bytes:
    """Words as Sensirion's chips send them, a checksum behind each."""
    parts = (value.to_bytes(2, "big") for value in values)
    return b"".join(part + bytes((crc8(part),)) for part in parts)


class Chip:
    """A chip at an address; `truth` is what its reading has to be."""

    address = 0
    truth: dict[str, Any] = {}

    def __init__(self) -> None:
        self.answer = b""

    def write_read(self, bus: int, address: int, data: bytes, size: int) -> bytes | None:
        """The host's i2c.write_read; None where nobody answers."""
        if (bus, address) != (1, self.address):
            return None
        if data:
            self.take(bytes(data))
        return self.answer[:size].ljust(size, b"\xFF")

    def take(self, data: bytes) -> None:
        """A write: what is read next."""
        raise NotImplementedError


class Scd30(Chip):
    """Commands of 16 bits; floats in pairs of words."""

    address = 0x61
    truth = {"co2": 439.09515, "temperature": 27.238703, "humidity": 48.806744}

    def take(self, data: bytes) -> None:
        """Ready, or a measurement."""
        if data[:2] == b"\x02\x02":
            self.answer = words(1)
        elif data[:2] == b"\x03\x00":
            floats = struct.pack(">3f", *self.truth.values())
            self.answer = words(*struct.unpack(">6H", floats))


class Sht31(Chip):
    """Commands of 16 bits; temperature and humidity as shares of 16 bits."""

    address = 0x44
    truth = {"temperature": -45 + 175 * 0x6666 / 65535, "humidity": 100 * 0x8000 / 65535}

    def take(self, data: bytes) -> None:
        """The status, or a measurement."""
        self.answer = words(0) if data == b"\xF3\x2D" else words(0x6666, 0x8000)


class Mcp9808(Chip):
    """A pointer to registers of two bytes."""

    address = 0x18
    truth = {"temperature": 23.25}
    registers = {5: 0xC174, 6: 0x0054, 7: 0x0400}

    def take(self, data: bytes) -> None:
        """The pointer."""
        self.answer = self.registers.get(data[0], 0).to_bytes(2, "big")


class Ads1115(Chip):
    """A pointer to registers of two bytes; a conversion is done at once."""

    address = 0x48
    truth = {"volts": 1.5}
    registers = {0: round(1.5 / 4.096 * 32768), 1: 0x8583}

    def take(self, data: bytes) -> None:
        """The pointer, and maybe what goes there."""
        self.answer = self.registers.get(data[0], 0).to_bytes(2, "big")


class Pcf8574Display(Chip):
    """A display of letters (HD44780) behind eight lines: RS, RW, E, light, and four of data. It
    takes a half of a byte when E falls.
    """

    address = 0x27

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.halves: list[int] = []
        self.is_narrow = False
        self.memory, self.place = bytearray(b" " * 128), 0

    @property
    def truth(self) -> dict[str, Any]:  # type: ignore[override]
        """What the first line shows."""
        return {"text": self.memory[:16].decode().rstrip()}

    def take(self, data: bytes) -> None:
        """What is on the lines."""
        for lines in data:
            if self.lines & 4 and not lines & 4:
                self.halves.append(lines)
                self._look()
            self.lines = lines

    def _look(self) -> None:
        if not self.is_narrow:  # bytes of 8 lines, of which the low ones are not there
            self.is_narrow = self.halves.pop() >> 4 == 2
        elif len(self.halves) == 2:
            high, low = self.halves
            self.halves = []
            self._do(bool(high & 1), high & 0xF0 | low >> 4)

    def _do(self, is_letter: bool, value: int) -> None:
        if is_letter:
            self.memory[self.place] = value
            self.place += 1
        elif value & 0x80:
            self.place = value & 0x7F
        elif value == 1:
            self.memory[:], self.place = b" " * 128, 0
