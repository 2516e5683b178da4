"""Small chips on a fake i2c bus. They know registers, not physics: tests put the counts in."""
import sys
from typing import Any, Callable

# A real chip's calibration, as the formulas' arguments are called.
CALIBRATION = {
    "t1": 26041, "t2": 26469, "t3": 3, "p1": 36673, "p2": -10515, "p3": 88, "p4": 7310, "p5": -129,
    "p6": 30,
    "p7": 46, "p8": -3177, "p9": -2379, "p10": 30, "h1": 676, "h2": 1029, "h3": 0, "h4": 45,
    "h5": 20, "h6": 120,
    "h7": -100, "gh1": -30, "gh2": -24754, "gh3": 18, "heater_range": 1, "heater_value": 48,
    "range_switching_error": 0}

# Name: address of its low byte, bytes. H1, H2 and the heater range share bytes: see _calibrate.
PLACES = {
    "t1": (0xE9, 2), "t2": (0x8A, 2), "t3": (0x8C, 1), "p1": (0x8E, 2), "p2": (0x90,
                                                                               2), "p3": (0x92, 1),
    "p4": (0x94, 2), "p5": (0x96, 2), "p6": (0x99, 1), "p7": (0x98, 1), "p8": (0x9C,
                                                                               2), "p9": (0x9E, 2),
    "p10": (0xA0, 1), "h3": (0xE4, 1), "h4": (0xE5, 1), "h5": (0xE6, 1), "h6": (0xE7,
                                                                                1), "h7": (0xE8, 1),
    "gh1": (0xED, 1), "gh2": (0xEB, 2), "gh3": (0xEE, 1), "heater_value": (0x00, 1)}


def error(text: str) -> Exception:
    """An error as the host gives it."""
    return sys.modules["componentize_py_types"].Err(text)


def raising(text: str) -> Callable[..., Any]:
    """A function of the host that fails."""
    def fail(*_: Any) -> Any:
        raise error(text)
    return fail


class Bme680:
    """A BME680 that has measured the given counts whenever forced mode was asked for."""

    def __init__(self, address: int = 0x77, variant: int = 0) -> None:
        self.address = address
        self.variant = variant
        self.registers = bytearray(256)
        self.registers[0xD0] = 0x61
        self.registers[0xF0] = variant
        self.writes: list[tuple[int, int]] = []
        self.late = 0  # how often the data is asked for in vain
        self.counts = {"temperature": 501240, "pressure": 353485, "humidity": 19019, "gas": 0,
                       "range": 0}
        self.gas_flags = 0x30
        self._calibrate()

    def _calibrate(self) -> None:
        put = self.registers
        for name, (address, size) in PLACES.items():
            value = CALIBRATION[name]
            put[address:address + size] = value.to_bytes(size, "little", signed=value < 0)
        h1, h2 = CALIBRATION["h1"], CALIBRATION["h2"]
        put[0xE1], put[0xE2], put[0xE3] = h2 >> 4, (h2 & 15) << 4 | h1 & 15, h1 >> 4
        put[0x02] = CALIBRATION["heater_range"] << 4

    def transfer(self, address: int, data: str, size: int) -> str:
        """The host's i2c.transfer."""
        if address != self.address:
            raise error("no acknowledge")
        octets = bytes.fromhex(data)
        if not size:
            for register, value in zip(octets[::2], octets[1::2]):
                self._write(register, value)
            return ""
        if octets[0] == 0x1D and self.late:
            self.late -= 1
            return bytes(size).hex()
        return bytes(self.registers[octets[0]:octets[0] + size]).hex()

    def _write(self, register: int, value: int) -> None:
        self.writes.append((register, value))
        self.registers[register] = value
        if register == 0x74 and value & 3 == 1:
            self._measure()

    def _measure(self) -> None:
        counts, field = self.counts, bytearray(17)
        field[0] = 0x80
        field[2:5] = (counts["pressure"] << 4).to_bytes(3, "big")
        field[5:8] = (counts["temperature"] << 4).to_bytes(3, "big")
        field[8:10] = counts["humidity"].to_bytes(2, "big")
        if self.registers[0x71]:
            gas = (counts["gas"] << 6 | self.gas_flags | counts["range"]).to_bytes(2, "big")
            place = 15 if self.variant else 13
            field[place:place + 2] = gas
        self.registers[0x1D:0x1D + 17] = field


class Ssd1306:
    """The display memory of an SSD1306 in page addressing mode."""

    def __init__(self) -> None:
        self.memory = [bytearray(128) for _ in range(8)]
        self.page = self.column = 0
        self.sent: list[bytes] = []
        self.on = False

    def transfer(self, address: int, data: str, size: int) -> str:
        """The host's i2c.transfer."""
        if address != 0x3C:
            raise error("no acknowledge")
        octets = bytes.fromhex(data)
        self.sent.append(octets)
        if octets[0] == 0x40:
            for value in octets[1:]:
                self.memory[self.page][self.column] = value
                self.column = (self.column + 1) % 128
        elif octets[1] & 0xF8 == 0xB0:
            self.page, self.column = octets[1] & 7, octets[2] & 15 | (octets[3] & 15) << 4
        else:
            self.on = octets[-1] == 0xAF
        return ""

    def picture(self, page: int) -> list[str]:
        """One page as seven rows of text."""
        return ["".join("#" if column >> y & 1 else "." for column in self.memory[page])
                for y in range(7)]


class Bh1750:
    """A BH1750 that remembers its commands."""

    def __init__(self) -> None:
        self.commands: list[int] = []
        self.counts = 120

    def write_read(self, bus: int, address: int, data: bytes, size: int) -> Any:
        """The host's i2c.write_read."""
        assert (bus, address) == (1, 0x23)
        self.commands.extend(data)
        return self.counts.to_bytes(2, "big")[:size]
