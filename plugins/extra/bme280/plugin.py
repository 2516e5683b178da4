"""BME280 on i2c: temperature in °C, relative humidity in %, air pressure in hPa.

Each poll reads the whole chip, its calibration too, so that one that was exchanged, reset or garbled
is noticed at once. Registers and formulas: Bosch BST-BME280-DS002; the checksum: bme280_selftest.c.
"""
import struct
import time

from wit_world.imports import i2c

BUS = 1
ADDRESS = 0x76
CHIP_ID = 0x60
START = bytes([0xF2, 0x01, 0xF4, 0x4D])  # humidity once, temperature twice, pressure 4 times
MEASURING_SECONDS = 0.019
SKIPPED = (0x80000, 0x80000, 0x8000)


def read(register: int, size: int) -> bytes:
    """Registers from one on."""
    return i2c.write_read(BUS, ADDRESS, bytes([register]), size)


def checksum(octets: bytes) -> int:
    """CRC-8 with the polynomial 0x1D, from 0xFF, inverted."""
    crc = 0xFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc << 1 ^ (0x11D if crc & 0x80 else 0)
    return crc ^ 0xFF


def signed(value: int, bits: int) -> int:
    """Two's complement."""
    return value - (1 << bits) if value >> bits - 1 else value


def compensate(low: bytes, high: bytes, adc: tuple[int, int, int]) -> tuple[float, float, float]:
    """°C, %, Pa from the calibration at 0x88 and 0xE1 and the words of temperature, pressure and
    humidity. Nothing is cut off to what the chip can measure.
    """
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = struct.unpack_from("<H2hH8h", low)
    h1, (h2, h3), h6 = low[25], struct.unpack_from("<hB", high), signed(high[6], 8)
    h4 = signed(high[3] << 4 | high[4] & 15, 12)
    h5 = signed(high[5] << 4 | high[4] >> 4, 12)
    fine = (adc[0] / 16384 - t1 / 1024) * t2 + (adc[0] / 131072 - t1 / 8192) ** 2 * t3
    a = fine / 2 - 64000
    b = (a * a * p6 / 32768 + a * p5 * 2) / 4 + p4 * 65536
    a = (1 + (p3 * a * a / 524288 + p2 * a) / 524288 / 32768) * p1
    p = (1048576 - adc[1] - b / 4096) * 6250 / a
    p += (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16
    v = fine - 76800
    slope = 1 + h3 / 67108864 * v
    h = (adc[2] - (h4 * 64 + h5 / 16384 * v)) * (h2 / 65536) * slope
    h *= 1 + h6 / 67108864 * v * slope
    return fine / 5120, h * (1 - h1 * h / 524288), p


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "temperature", "unit": "°C", "quantity": "temperature", "decimals": 1,
         "minimum": -40, "maximum": 85},
        {"field": "humidity", "unit": "%", "quantity": "humidity", "decimals": 1, "minimum": 0,
         "maximum": 100},
        {"field": "pressure", "unit": "hPa", "quantity": "atmospheric_pressure", "decimals": 1,
         "minimum": 300, "maximum": 1100},
    ]


def poll() -> dict[str, float]:
    """Measure once, in forced mode."""
    if (chip_id := read(0xD0, 1)[0]) != CHIP_ID:
        raise ValueError(f"not a BME280: its chip id is 0x{chip_id:02X}")
    low, high = read(0x88, 26), read(0xE1, 8)
    if checksum(low + high[:7]) != high[7]:
        raise ValueError("the checksum of the calibration is wrong")
    i2c.write_read(BUS, ADDRESS, START, 0)
    time.sleep(MEASURING_SECONDS)
    status, data = read(0xF3, 1)[0], read(0xF7, 8)
    adc = (int.from_bytes(data[3:6], "big") >> 4, int.from_bytes(data[:3], "big") >> 4,
           int.from_bytes(data[6:], "big"))
    if status & 0x08 or any(word == skipped for word, skipped in zip(adc, SKIPPED)):
        raise TimeoutError("the measurement did not end")
    temperature, humidity, pressure = compensate(low, high, adc)
    if not (-40 <= temperature <= 85 and 0 <= humidity <= 100 and 30000 <= pressure <= 110000):
        raise ValueError(f"{temperature:.1f} °C, {humidity:.1f} % and {pressure:.0f} Pa cannot be")
    return {"temperature": temperature, "humidity": humidity, "pressure": pressure / 100}
