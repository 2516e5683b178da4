"""spidev, over the spi devices that the plugin was granted.

The host sets a device's clock and mode: mode 0, words of 8 bits, the high bit first.
"""
import errno
from typing import Any, Iterable

from harvester_runtime import devices

__version__ = "3.8"
TRANSFER_MAX = 4096


def _fixed(name: str, value: Any) -> property:
    """A setting that has one value here. Another one fails as where a driver cannot do it."""
    def get(device: "SpiDev") -> Any:
        return value

    def put(device: "SpiDev", wanted: Any) -> None:
        if wanted != value:
            raise OSError(errno.EINVAL, f"{name}: only {value!r} is possible, not {wanted!r}")
    return property(get, put)


class SpiDev:
    """A device. That it is missing or not granted is seen when it is opened."""

    mode = _fixed("mode", 0)
    bits_per_word = _fixed("bits_per_word", 8)
    cshigh = _fixed("cshigh", False)
    threewire = _fixed("threewire", False)
    lsbfirst = _fixed("lsbfirst", False)
    loop = _fixed("loop", False)
    no_cs = _fixed("no_cs", False)

    # Subclasses need not call __init__(): the original is whole without it.
    max_speed_hz = 1_000_000  # kept; the host's clock is as it is
    read0 = False
    _name: str | None = None

    def __init__(self, bus: int | None = None, client: int | None = None) -> None:
        if bus is not None and client is not None:
            self.open(bus, client)

    def __enter__(self) -> "SpiDev":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def open(self, bus: int, device: int) -> None:
        """/dev/spidevBUS.DEVICE."""
        self._open(f"spi{bus}.{device}")

    def open_path(self, path: str) -> None:
        """A device by its file."""
        self._open(devices.device_name(path).replace("spidev", "spi"))

    def _open(self, name: str) -> None:
        devices.spi_open(name)
        self._name = name

    def close(self) -> None:
        """May be called twice."""
        self._name = None

    def fileno(self) -> int:
        """-1: there is no file."""
        return -1

    def _transfer(self, values: Any, most: int = TRANSFER_MAX) -> bytes:
        try:
            data = bytes(values) if not isinstance(values, int) else b""
        except (TypeError, ValueError):
            raise TypeError("Non-Int/Long value in arguments, or one above 255") from None
        if not data:
            raise TypeError("Empty argument list.")
        if len(data) > most:
            raise OverflowError(f"Argument list size exceeds {TRANSFER_MAX} bytes.")
        if self._name is None:
            raise OSError(errno.EBADF, "Bad file descriptor: the device is not open")
        parts = range(0, len(data), TRANSFER_MAX)
        return b"".join(devices.spi_transfer(self._name, data[at:at + TRANSFER_MAX])
                        for at in parts)

    def readbytes(self, n: int) -> list[int]:
        """Read while zeros are sent."""
        return list(self._transfer(bytes(n)))

    def writebytes(self, values: Iterable[int]) -> None:
        """Write, and drop what comes back."""
        self._transfer(values)

    def writebytes2(self, values: Iterable[int]) -> None:
        """The same for any length, in transfers of 4096 bytes."""
        self._transfer(values, 1 << 30)

    def xfer(self, values: Iterable[int], speed_hz: int = 0, delay_usec: int = 0,
             bits_per_word: int = 8) -> list[int]:
        """One transfer, with the chip selected throughout. The arguments behind the first change
        nothing.
        """
        return list(self._transfer(values))

    xfer2 = xfer

    def xfer3(self, values: Iterable[int], speed_hz: int = 0, delay_usec: int = 0,
              bits_per_word: int = 8) -> tuple[int, ...]:
        """The same for any length, in transfers of 4096 bytes."""
        return tuple(self._transfer(values, 1 << 30))
