"""pyserial, over the serial ports that the plugin was granted: 8 data bits, no parity, one stop
bit, no flow control.
"""
import time
from typing import Any, Callable

from harvester_runtime import devices
from serial.serialutil import (
    CR, EIGHTBITS, FIVEBITS, LF, PARITY_EVEN, PARITY_MARK, PARITY_NAMES, PARITY_NONE, PARITY_ODD,
    PARITY_SPACE, SEVENBITS, SIXBITS, STOPBITS_ONE, STOPBITS_ONE_POINT_FIVE, STOPBITS_TWO, XOFF,
    XON, DeniedError, MissingError, PortNotOpenError, SerialBase, SerialException,
    SerialTimeoutException, Timeout, iterbytes, to_bytes)

__all__ = [
    "CR", "EIGHTBITS", "FIVEBITS", "LF", "PARITY_EVEN", "PARITY_MARK", "PARITY_NAMES",
    "PARITY_NONE", "PARITY_ODD", "PARITY_SPACE", "PortNotOpenError", "SEVENBITS", "SIXBITS",
    "STOPBITS_ONE", "STOPBITS_ONE_POINT_FIVE", "STOPBITS_TWO", "Serial", "SerialBase",
    "SerialException", "SerialTimeoutException", "Timeout", "VERSION", "XOFF", "XON", "iterbytes",
    "serial_for_url", "to_bytes"]
__version__ = VERSION = "3.5"

LOOK_SECONDS = 0.005  # between two looks at a port that has nothing yet: 5 bytes at 9600 baud
READ_MAX = 65536
WRITE_MAX = 4096


def _errors(function: Callable[..., Any], port: str | None, *args: Any) -> Any:
    """The host's errors as pyserial's; a SerialException that is also a PermissionError where
    the port is not granted.
    """
    try:
        return function(*args)
    except PermissionError as error:
        kind, text, code = DeniedError, error.strerror, error.errno
    except FileNotFoundError as error:
        kind, text, code = MissingError, error.strerror, error.errno
    except OSError as error:
        kind, text, code = SerialException, error.strerror, error.errno
    raise kind(code, f"port {port}: {text}")


class Serial(SerialBase):
    """A serial port."""

    def open(self) -> None:
        """Also sets the speed."""
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        self._name = devices.device_name(self._port)
        self._set_baud(self._baudrate)
        self._waiting = bytearray()
        self.is_open = True

    def close(self) -> None:
        """May be called twice."""
        self.is_open = False

    def _set_baud(self, rate: int) -> None:
        _errors(devices.uart_set_baud, self._port, self._name, rate)

    def _look(self) -> None:
        """Take what has come from the host."""
        if not self.is_open:
            raise PortNotOpenError
        self._waiting += _errors(devices.uart_read, self._port, self._name, READ_MAX)

    def _take(self, size: int) -> bytes:
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        return data

    @property
    def in_waiting(self) -> int:
        """The number of bytes that can be read at once."""
        self._look()
        return len(self._waiting)

    @property
    def out_waiting(self) -> int:
        """Nothing waits: write() returns when all is handed over."""
        return 0

    def read(self, size: int = 1) -> bytes:
        """`size` bytes, or as many as have come when the time is over."""
        timeout = Timeout(self._timeout)
        self._look()
        while len(self._waiting) < size and not timeout.expired():
            time.sleep(LOOK_SECONDS)
            before = len(self._waiting)
            self._look()
            if self._inter_byte_timeout and before and len(self._waiting) == before:
                break
        return self._take(size)

    def write(self, data: Any) -> int:
        """All of the data."""
        if not self.is_open:
            raise PortNotOpenError
        octets = to_bytes(data)
        for at in range(0, len(octets), WRITE_MAX):
            part = octets[at:at + WRITE_MAX]
            while part:
                part = part[_errors(devices.uart_write, self._port, self._name, part):]
        return len(octets)

    def flush(self) -> None:
        """Nothing waits."""

    def reset_input_buffer(self) -> None:
        """Forget what has come."""
        self._look()
        self._waiting.clear()

    def reset_output_buffer(self) -> None:
        """Nothing waits."""

    def cancel_read(self) -> None:
        """There is no other thread that could wait in read()."""

    cancel_write = cancel_read

    # As they were called before version 3
    flushInput = reset_input_buffer  # noqa: N815
    flushOutput = reset_output_buffer  # noqa: N815

    def inWaiting(self) -> int:  # noqa: N802
        """in_waiting."""
        return self.in_waiting


def serial_for_url(url: str, *args: Any, do_not_open: bool = False, **named: Any) -> Serial:
    """A port by its name; of URLs there are none."""
    if "://" in url:
        raise ValueError(f"invalid URL protocol: {url}")
    port = Serial(None, *args, **named)
    port.port = url
    if not do_not_open:
        port.open()
    return port
