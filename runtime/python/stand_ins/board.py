"""Adafruit Blinka's board: a Raspberry Pi with 40 pins."""
import busio
from microcontroller import pin as _pin

board_id = "RASPBERRY_PI_4B"
globals().update({name: value for name, value in vars(_pin).items()
                  if isinstance(value, _pin.Pin)})

_buses: dict[str, object] = {}


def I2C() -> busio.I2C:  # noqa: N802
    """The first bus, always the same object."""
    return _buses.setdefault("i2c", busio.I2C(_pin.SCL, _pin.SDA))  # type: ignore[return-value]


STEMMA_I2C = I2C


def SPI() -> busio.SPI:  # noqa: N802
    """The first bus, always the same object."""
    made = busio.SPI(_pin.SCLK, _pin.MOSI, _pin.MISO)
    return _buses.setdefault("spi", made)  # type: ignore[return-value]


def UART() -> busio.UART:  # noqa: N802
    """The first port, always the same object."""
    if "uart" not in _buses:
        _buses["uart"] = busio.UART(_pin.TXD, _pin.RXD)
    return _buses["uart"]  # type: ignore[return-value]
