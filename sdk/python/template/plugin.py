"""A light sensor (BH1750) on the i2c bus. Another sensor: change this and permission.toml."""
import time

from wit_world.imports import i2c

BUS, ADDRESS = 1, 0x23


def poll() -> dict[str, float]:
    """One reading: each key is a field. An exception is shown as this sensor's error."""
    i2c.write_read(BUS, ADDRESS, b"\x20", 0)
    time.sleep(0.18)  # a measurement takes so long
    data = i2c.write_read(BUS, ADDRESS, b"", 2)
    return {"value": int.from_bytes(data, "big") / 1.2}
