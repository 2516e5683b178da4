"""The BME680 at register level, over the host's i2c."""
import math
import time
from typing import NamedTuple

import formulas
from wit_world.imports import i2c

ADDRESSES = (0x77, 0x76)
CHIP_ID = 0x61
RESET = 0xB6
RESET_SECONDS = 0.010

REG_COEFFICIENTS = ((0x8A, 23), (0xE1, 14), (0x00, 5))
REG_FIELD = 0x1D
FIELD_SIZE = 17
REG_HEATER_CODE = 0x5A
REG_HEATER_WAIT = 0x64
REG_CTRL_GAS_0 = 0x70
REG_CTRL_GAS_1 = 0x71
REG_CTRL_HUM = 0x72
REG_CTRL_MEAS = 0x74
REG_CONFIG = 0x75
REG_ID = 0xD0
REG_RESET = 0xE0
REG_VARIANT = 0xF0

HEATER_OFF = 0x08
RUN_GAS = (0x10, 0x20)  # by variant: BME680, BME688
MODE_FORCED = 0x01
NEW_DATA = 0x80
GAS_VALID_AND_STABLE = 0x30

# Codes 4, 3, 2 are 8, 4 and 2 samples of temperature, pressure and humidity.
OVERSAMPLING_TEMPERATURE, OVERSAMPLING_PRESSURE, OVERSAMPLING_HUMIDITY = 4, 3, 2
OVERSAMPLING_CYCLES = 8 + 4 + 2
START = OVERSAMPLING_TEMPERATURE << 5 | OVERSAMPLING_PRESSURE << 2 | MODE_FORCED
FILTER = 2  # the code of coefficient 3
HEATER_CELSIUS = 320.0
HEATER_MILLISECONDS = 150

MARGIN_SECONDS = 0.002
ATTEMPTS = 5
ATTEMPT_SECONDS = 0.005


class Measurement(NamedTuple):
    """One measurement; `gas` is NaN when the heater was off or the plate did not get hot."""

    temperature: float  # °C
    humidity: float  # %
    pressure: float  # hPa
    gas: float  # ohms


def find_chip(reset: bool) -> "Chip":
    """The chip at whichever of its two addresses it answers; else an error that says what each
    address said.
    """
    answers = []
    for address in ADDRESSES:
        try:
            return Chip(address, reset)
        except Exception as error:
            answers.append(f"0x{address:02X}: {error}")
    raise RuntimeError("no BME680 found; " + "; ".join(answers))


class Chip:
    """A chip that was found and whose calibration has been read."""

    def __init__(self, address: int, reset: bool) -> None:
        self.address = address
        chip_id = self.read(REG_ID, 1)[0]
        if chip_id != CHIP_ID:
            raise RuntimeError(f"chip id 0x{chip_id:02X} instead of 0x{CHIP_ID:02X}")
        if reset:
            self.write((REG_RESET, RESET))
            time.sleep(RESET_SECONDS)
        self.variant = self.read(REG_VARIANT, 1)[0] & 1
        blocks = (self.read(*block) for block in REG_COEFFICIENTS)
        self.calibration = formulas.parse_calibration(*blocks)

    def read(self, register: int, size: int) -> bytes:
        """`size` bytes, beginning at a register."""
        data = bytes.fromhex(i2c.transfer(self.address, f"{register:02x}", size))
        if len(data) != size:
            raise RuntimeError(f"{len(data)} bytes instead of {size}")
        return data

    def write(self, *pairs: tuple[int, int]) -> None:
        """Registers and their values, in one transaction."""
        i2c.transfer(self.address, b"".join(map(bytes, pairs)).hex(), 0)

    def measure(self, ambient: float | None) -> Measurement:
        """Measure once. The heater needs the ambient temperature; without one it stays off."""
        heat = ambient is not None
        self.write(*(self.heater_on(ambient) if ambient is not None else self.heater_off()),
                   (REG_CTRL_HUM, OVERSAMPLING_HUMIDITY), (REG_CONFIG, FILTER << 2))
        self.write((REG_CTRL_MEAS, START))
        heating = HEATER_MILLISECONDS if heat else 0
        duration = formulas.measurement_seconds(OVERSAMPLING_CYCLES, heating)
        time.sleep(duration + MARGIN_SECONDS)
        return self.decode(self.wait_for_field(), heat)

    def heater_on(self, ambient: float) -> tuple[tuple[int, int], ...]:
        """The registers of a gas measurement with the first heater profile."""
        return ((REG_HEATER_CODE, formulas.heater_code(self.calibration, HEATER_CELSIUS, ambient)),
                (REG_HEATER_WAIT, formulas.heater_wait_code(HEATER_MILLISECONDS)),
                (REG_CTRL_GAS_0, 0), (REG_CTRL_GAS_1, RUN_GAS[self.variant]))

    def heater_off(self) -> tuple[tuple[int, int], ...]:
        """The registers of a measurement without gas."""
        return (REG_CTRL_GAS_0, HEATER_OFF), (REG_CTRL_GAS_1, 0)

    def wait_for_field(self) -> bytes:
        """The data registers once they hold new data; the wait is bounded."""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(ATTEMPT_SECONDS)
            field = self.read(REG_FIELD, FIELD_SIZE)
            if field[0] & NEW_DATA:
                return field
        raise TimeoutError(f"no new data after {ATTEMPTS} attempts")

    def decode(self, field: bytes, heated: bool) -> Measurement:
        """From raw counts to physical values."""
        cal = self.calibration
        fine = formulas.fine_temperature(cal, _count20(field, 5))
        return Measurement(
            temperature=formulas.celsius(fine),
            humidity=formulas.percent_humidity(cal, int.from_bytes(field[8:10], "big"), fine),
            pressure=formulas.pascal(cal, _count20(field, 2), fine) / 100,
            gas=self.decode_gas(field) if heated else math.nan)

    def decode_gas(self, field: bytes) -> float:
        """The gas resistance; its two registers lie elsewhere in a BME688."""
        high, low = field[15:17] if self.variant else field[13:15]
        if low & GAS_VALID_AND_STABLE != GAS_VALID_AND_STABLE:
            return math.nan
        counts = high << 2 | low >> 6
        return formulas.gas_ohms(self.calibration, counts, low & 0x0F, bool(self.variant))


def _count20(field: bytes, offset: int) -> int:
    """Twenty bits in three registers."""
    return int.from_bytes(field[offset:offset + 3], "big") >> 4
