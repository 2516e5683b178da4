"""The BME680's arithmetic: from raw counts and the chip's calibration to physical values.

Floating point, by the data sheet's formulas. Every result is checked: a chip that answers nonsense
gives an error, not a number.
"""
import math
from typing import NamedTuple

# What the chip can measure, by its data sheet.
TEMPERATURE_RANGE = (-40.0, 85.0)
PRESSURE_RANGE = (30_000.0, 110_000.0)

HEATER_CELSIUS_MAX = 400.0
GAS_RANGE_K1 = (0, 0, 0, 0, 0, -1, 0, -0.8, 0, 0, -0.2, -0.5, 0, -1, 0, 0)
GAS_RANGE_K2 = (0, 0, 0, 0, 0.1, 0.7, 0, -0.8, -0.1, 0, 0, 0, 0, 0, 0, 0)


class Calibration(NamedTuple):
    """The chip's own constants; names as in the data sheet."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    p10: int
    h1: int
    h2: int
    h3: int
    h4: int
    h5: int
    h6: int
    h7: int
    gh1: int
    gh2: int
    gh3: int
    heater_range: int
    heater_value: int
    range_switching_error: int


def parse_calibration(first: bytes, second: bytes, third: bytes) -> Calibration:
    """From the registers at 0x8A (23 bytes), 0xE1 (14 bytes) and 0x00 (5 bytes)."""
    everything = first + second + third
    if len(set(everything)) == 1:
        raise ValueError(f"the calibration is all 0x{everything[0]:02X}: no working BME680")
    return Calibration(
        t1=_number(second, 8, 2, False), t2=_number(first, 0, 2), t3=_number(first, 2),
        p1=_number(first, 4, 2, False), p2=_number(first, 6, 2), p3=_number(first, 8),
        p4=_number(first, 10, 2), p5=_number(first, 12, 2), p6=_number(first, 15),
        p7=_number(first, 14), p8=_number(first, 18, 2), p9=_number(first, 20, 2), p10=first[22],
        h1=second[2] << 4 | second[1] & 0x0F, h2=second[0] << 4 | second[1] >> 4,
        h3=_number(second, 3), h4=_number(second, 4), h5=_number(second, 5), h6=second[6],
        h7=_number(second, 7),
        gh1=_number(second, 12), gh2=_number(second, 10, 2), gh3=_number(second, 13),
        heater_range=(third[2] & 0x30) >> 4, heater_value=_number(third, 0),
        range_switching_error=_number(third, 4) >> 4)


def _number(data: bytes, offset: int, size: int = 1, signed: bool = True) -> int:
    return int.from_bytes(data[offset:offset + size], "little", signed=signed)


def fine_temperature(cal: Calibration, adc: int) -> float:
    """The value that the other formulas need; degrees Celsius times 5120."""
    v1 = (adc / 16384 - cal.t1 / 1024) * cal.t2
    v2 = (adc / 131072 - cal.t1 / 8192) ** 2 * cal.t3 * 16
    return v1 + v2


def celsius(fine: float) -> float:
    """The temperature."""
    return _within("temperature", fine / 5120, TEMPERATURE_RANGE, "°C")


def pascal(cal: Calibration, adc: int, fine: float) -> float:
    """The pressure."""
    v1 = fine / 2 - 64000
    v2 = v1 * v1 * cal.p6 / 131072 + v1 * cal.p5 * 2
    v2 = v2 / 4 + cal.p4 * 65536
    v1 = (cal.p3 * v1 * v1 / 16384 + cal.p2 * v1) / 524288
    v1 = (1 + v1 / 32768) * cal.p1
    if abs(v1) < 1e-6:
        raise ValueError("the pressure cannot be computed: its calibration is wrong")
    pressure = ((1048576 - adc) - v2 / 4096) * 6250 / v1
    pressure += (cal.p9 * pressure * pressure / 2 ** 31 + pressure * cal.p8 / 32768
                 + (pressure / 256) ** 3 * cal.p10 / 131072 + cal.p7 * 128) / 16
    return _within("pressure", pressure, PRESSURE_RANGE, "Pa")


def percent_humidity(cal: Calibration, adc: int, fine: float) -> float:
    """The relative humidity. The chip saturates at both ends, so the result is cut to 0..100."""
    temperature = fine / 5120
    v1 = adc - (cal.h1 * 16 + cal.h3 / 2 * temperature)
    slope = 1 + cal.h4 / 16384 * temperature + cal.h5 / 1048576 * temperature ** 2
    v2 = v1 * cal.h2 / 262144 * slope
    humidity = v2 + (cal.h6 / 16384 + cal.h7 / 2097152 * temperature) * v2 * v2
    if not math.isfinite(humidity):
        raise ValueError("the humidity cannot be computed: its calibration is wrong")
    return min(max(humidity, 0.0), 100.0)


def gas_ohms(cal: Calibration, adc: int, gas_range: int, high_variant: bool) -> float:
    """The resistance of the gas sensor; the BME688 ("high") has a formula of its own."""
    if high_variant:
        return _resistance(1e6 * (262144 >> gas_range), 4096 + 3 * (adc - 512))
    v1 = 1340 + 5 * cal.range_switching_error
    v2 = v1 * (1 + GAS_RANGE_K1[gas_range] / 100)
    v3 = 1 + GAS_RANGE_K2[gas_range] / 100
    return _resistance(1, v3 * 1.25e-7 * 2 ** gas_range * ((adc - 512) / v2 + 1))


def heater_code(cal: Calibration, target: float, ambient: float) -> int:
    """The register value that heats the plate to `target` degrees, at most 400."""
    v1 = cal.gh1 / 16 + 49
    v2 = cal.gh2 / 32768 * 0.0005 + 0.00235
    v3 = cal.gh3 / 1024
    v5 = v1 * (1 + v2 * min(target, HEATER_CELSIUS_MAX)) + v3 * ambient
    code = 3.4 * (v5 * (4 / (4 + cal.heater_range)) / (1 + cal.heater_value * 0.002) - 25)
    return int(min(max(code, 0.0), 255.0))


def heater_wait_code(milliseconds: int) -> int:
    """The register value of the heating time: six bits and a factor of 1, 4, 16 or 64."""
    if milliseconds >= 0xFC0:
        return 0xFF
    factor = 0
    while milliseconds > 0x3F:
        milliseconds //= 4
        factor += 1
    return milliseconds + factor * 64


def measurement_seconds(cycles: int, heater_milliseconds: int = 0) -> float:
    """How long a measurement takes; `cycles` is the sum of the three oversampling factors."""
    return (1963 * cycles + 477 * 4 + 477 * 5 + 1000) / 1e6 + heater_milliseconds / 1e3


def _resistance(numerator: float, denominator: float) -> float:
    if denominator <= 0:
        raise ValueError("the gas resistance cannot be computed: its calibration is wrong")
    return numerator / denominator


def _within(what: str, value: float, limits: tuple[float, float], unit: str) -> float:
    """NaN is within nothing."""
    if not limits[0] <= value <= limits[1]:
        raise ValueError(f"{what} {value:.6g} {unit} is not within what the chip measures, "
                         f"{limits[0]:.6g} to {limits[1]:.6g} {unit}")
    return value
