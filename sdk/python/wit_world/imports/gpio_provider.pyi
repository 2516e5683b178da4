"""Sensors that the host drives itself, and the clock."""

def read_dht22(pin: int) -> tuple[float, float]:
    """Temperature in degrees Celsius and relative humidity in percent.

    Raises: `componentize_py_types.Err(str)`
    """


def get_timestamp_ms() -> int:
    """Unix time in milliseconds."""


def get_cpu_temp() -> float:
    """Degrees Celsius; NaN where the machine has no such sensor."""


def read_bme680(i2c_addr: int) -> tuple[float, float, float, float]:
    """Degrees Celsius, relative humidity in percent, hPa, and gas resistance in kilohms.

    Raises: `componentize_py_types.Err(str)`
    """
