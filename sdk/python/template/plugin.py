"""A sensor on the i2c bus. Change the address here and in permission.toml."""
from wit_world.imports import i2c

BUS, ADDRESS = 1, 0x23


def poll() -> dict[str, float]:
    """One reading: each key is a field. An exception is shown as this sensor's error."""
    data = i2c.write_read(BUS, ADDRESS, b"\x20", 2)
    return {"value": int.from_bytes(data, "big") / 1.2}
