"""Adafruit Blinka's buses, over what the plugin was granted."""
import enum
from typing import Any

import serial
import spidev
from adafruit_blinka import Lockable
from harvester_runtime import devices
from microcontroller.pin import Pin, selected

I2C_BUSES = {(3, 2): 1, (1, 0): 0}  # by SCL and SDA
SPI_BUSES = {11: 0, 21: 1}  # by SCLK
UART_NAME = "serial0"
I2C_ADDRESSES = range(0x08, 0x78)


def _number(pin: Any) -> Any:
    return pin.id if isinstance(pin, Pin) else pin


class I2C(Lockable):
    """An i2c bus. `frequency` changes nothing: the host's bus is as it is."""

    def __init__(self, scl: Any, sda: Any, frequency: int = 100000) -> None:
        self.init(scl, sda, frequency)

    def init(self, scl: Any, sda: Any, frequency: int) -> None:
        """The bus by its pins."""
        try:
            self._bus = I2C_BUSES[_number(scl), _number(sda)]
        except KeyError:
            raise ValueError(f"No Hardware I2C on (scl,sda)={(scl, sda)}\n"
                             f"Valid I2C ports: {tuple(I2C_BUSES)}") from None

    def scan(self) -> list[int]:
        """The addresses that answer, of those that are granted."""
        found = []
        for address in I2C_ADDRESSES:
            try:
                devices.i2c_transfer(self._bus, address, b"", 0)
                found.append(address)
            except OSError:
                pass
        return found

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0,
                      end: int | None = None) -> None:
        """Read into a part of the buffer."""
        view = memoryview(buffer)[start:end]
        view[:] = devices.i2c_transfer(self._bus, address, b"", len(view))

    def writeto(self, address: int, buffer: Any, *, start: int = 0,
                end: int | None = None) -> None:
        """Write a part of the buffer."""
        data = buffer.encode() if isinstance(buffer, str) else buffer
        devices.i2c_transfer(self._bus, address, bytes(data)[start:end], 0)

    def writeto_then_readfrom(self, address: int, buffer_out: Any, buffer_in: Any, *,
                              out_start: int = 0, out_end: int | None = None, in_start: int = 0,
                              in_end: int | None = None, stop: bool = False) -> None:
        """One transaction with a repeated start."""
        view = memoryview(buffer_in)[in_start:in_end]
        data = bytes(buffer_out)[out_start:out_end]
        view[:] = devices.i2c_transfer(self._bus, address, data, len(view))


class SPI(Lockable):
    """An spi bus. The chip select goes with each transfer, as the kernel's driver has it: CE0, or
    the one of CE0 and CE1 that a digitalio pin drives low.
    """

    def __init__(self, clock: Any, MOSI: Any = None, MISO: Any = None) -> None:  # noqa: N803
        try:
            bus = SPI_BUSES[_number(clock)]
        except KeyError:
            raise ValueError(f"No Hardware SPI on (SCLK, MOSI, MISO)={(clock, MOSI, MISO)}") \
                from None
        self._bus = bus
        self._devices: dict[int, spidev.SpiDev] = {}
        self._frequency = 100000

    def _open(self) -> spidev.SpiDev:
        number = selected[0]
        if number not in self._devices:
            self._devices[number] = spidev.SpiDev(self._bus, number)
        return self._devices[number]

    def configure(self, baudrate: int = 100000, polarity: int = 0, phase: int = 0,
                  bits: int = 8) -> None:
        """The mode has to be the host's, mode 0; the clock is the host's."""
        if not self._locked:
            raise RuntimeError("First call try_lock()")
        spidev.SpiDev.mode.fset(None, polarity << 1 | phase)
        spidev.SpiDev.bits_per_word.fset(None, bits)
        self._frequency = baudrate

    @property
    def frequency(self) -> int:
        """As it was asked for."""
        return self._frequency

    def deinit(self) -> None:
        """Let go of the devices."""
        self._devices.clear()

    def write(self, buf: Any, start: int = 0, end: int | None = None) -> None:
        """Write a part of the buffer."""
        data = bytes(buf)[start:end]
        if data:
            self._open().writebytes2(data)

    def readinto(self, buf: Any, start: int = 0, end: int | None = None,
                 write_value: int = 0) -> None:
        """Read into a part of the buffer."""
        view = memoryview(buf)[start:end]
        if view:
            view[:] = bytes(self._open().xfer3(bytes((write_value,)) * len(view)))

    def write_readinto(self, buffer_out: Any, buffer_in: Any, out_start: int = 0,
                       out_end: int | None = None, in_start: int = 0,
                       in_end: int | None = None) -> None:
        """Both at once; what is longer decides how many bytes."""
        data = bytes(buffer_out)[out_start:out_end]
        view = memoryview(buffer_in)[in_start:in_end]
        size = max(len(data), len(view))
        if size:
            view[:] = bytes(self._open().xfer3(data.ljust(size, b"\0")))[:len(view)]


class Parity(enum.Enum):
    """Of a serial port."""

    EVEN = "E"
    ODD = "O"


class UART(Lockable):
    """The first serial port, whatever its pins are called."""

    Parity = Parity

    def __init__(self, tx: Any = None, rx: Any = None, baudrate: int = 9600, bits: int = 8,
                 parity: Parity | None = None, stop: int = 1, timeout: float = 1,
                 receiver_buffer_size: int = 64, flow: Any = None) -> None:
        self._port = serial.Serial(UART_NAME, baudrate, bits, parity.value if parity else "N",
                                   stop, timeout)

    def deinit(self) -> None:
        """Close it."""
        self._port.close()

    def read(self, nbytes: int | None = None) -> bytes | None:
        """What comes before the timeout; None for nothing."""
        return self._port.read(nbytes or max(1, self._port.in_waiting)) or None

    def readinto(self, buf: Any, nbytes: int | None = None) -> int | None:
        """The number of bytes; None for nothing."""
        data = self.read(min(len(buf), nbytes or len(buf)))
        if data:
            buf[:len(data)] = data
        return len(data) if data else None

    def readline(self) -> bytes | None:
        """A line; None for nothing."""
        return self._port.readline() or None

    def write(self, buf: Any) -> int:
        """The number of bytes."""
        return self._port.write(buf)

    def reset_input_buffer(self) -> None:
        """Forget what has come."""
        self._port.reset_input_buffer()

    @property
    def in_waiting(self) -> int:
        """The number of bytes that can be read at once."""
        return self._port.in_waiting

    @property
    def baudrate(self) -> int:
        """Bits a second."""
        return self._port.baudrate

    @baudrate.setter
    def baudrate(self, rate: int) -> None:
        self._port.baudrate = rate

    @property
    def timeout(self) -> float | None:
        """Seconds."""
        return self._port.timeout

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        self._port.timeout = seconds
