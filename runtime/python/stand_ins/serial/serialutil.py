"""The parts of pyserial that a port is made of: constants, errors, settings."""
import io
import time
from typing import Any, Iterator

XON, XOFF, CR, LF = b"\x11", b"\x13", b"\r", b"\n"
PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK, PARITY_SPACE = "N", "E", "O", "M", "S"
STOPBITS_ONE, STOPBITS_ONE_POINT_FIVE, STOPBITS_TWO = 1, 1.5, 2
FIVEBITS, SIXBITS, SEVENBITS, EIGHTBITS = 5, 6, 7, 8
PARITY_NAMES = {PARITY_NONE: "None", PARITY_EVEN: "Even", PARITY_ODD: "Odd", PARITY_MARK: "Mark",
                PARITY_SPACE: "Space"}
BAUDRATES = (50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
             57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
             2000000, 2500000, 3000000, 3500000, 4000000)


class SerialException(IOError):
    """Whatever goes wrong with a port."""


class DeniedError(SerialException, PermissionError):
    """The port is not granted."""


class MissingError(SerialException, FileNotFoundError):
    """There is no such port."""


class SerialTimeoutException(SerialException):
    """A write took too long."""


class PortNotOpenError(SerialException):
    """A call on a closed port."""

    def __init__(self) -> None:
        super().__init__("Attempting to use a port that is not open")


class Timeout:
    """Seconds that pass: None is for ever, 0 is no wait."""

    def __init__(self, duration: float | None) -> None:
        self.is_infinite = duration is None
        self.is_non_blocking = duration == 0
        self.duration = duration
        self.target_time = None if duration is None else time.monotonic() + duration

    def expired(self) -> bool:
        """Is the time over?"""
        return self.target_time is not None and self.time_left() <= 0  # type: ignore[operator]

    def time_left(self) -> float | None:
        """Seconds; None for ever."""
        return None if self.target_time is None else max(0, self.target_time - time.monotonic())

    def restart(self, duration: float) -> None:
        """Once more."""
        self.__init__(duration)  # type: ignore[misc]


def to_bytes(seq: Any) -> bytes:
    """Bytes of whatever holds them; text is refused."""
    if isinstance(seq, str):
        raise TypeError(f"unicode strings are not supported, please encode to bytes: {seq!r}")
    return bytes(seq)


def iterbytes(b: Any) -> Iterator[bytes]:
    """The bytes one by one, each a bytes of length 1."""
    for value in to_bytes(b):
        yield bytes((value,))


def _setting(name: str, only: Any) -> property:
    """A setting that the host's ports have one value for."""
    def get(port: "SerialBase") -> Any:
        return only

    def put(port: "SerialBase", value: Any) -> None:
        if value != only:
            raise ValueError(f"Not a valid {name}: {value!r}; the host's ports have {only!r}")
    return property(get, put)


def _seconds(name: str) -> property:
    """A time in seconds, or None."""
    def get(port: "SerialBase") -> float | None:
        return getattr(port, name, None)

    def put(port: "SerialBase", value: float | None) -> None:
        if value is not None and value < 0:
            raise ValueError(f"Not a valid timeout: {value!r}")
        setattr(port, name, value)
    return property(get, put)


def _ignored(name: str) -> property:
    """A wire that the host's ports have not: it can be set, and reads as it was set."""
    return property(lambda port: getattr(port, name, False),
                    lambda port, value: setattr(port, name, bool(value)))


class SerialBase(io.RawIOBase):
    """A port's settings, and reading by lines, which io has."""

    BAUDRATES = BAUDRATES
    BYTESIZES = (FIVEBITS, SIXBITS, SEVENBITS, EIGHTBITS)
    PARITIES = tuple(PARITY_NAMES)
    STOPBITS = (STOPBITS_ONE, STOPBITS_ONE_POINT_FIVE, STOPBITS_TWO)

    bytesize = _setting("byte size", EIGHTBITS)
    parity = _setting("parity", PARITY_NONE)
    stopbits = _setting("stop bit size", STOPBITS_ONE)
    xonxoff = _setting("xonxoff", False)
    rtscts = _setting("rtscts", False)
    dsrdtr = _setting("dsrdtr", False)
    timeout = _seconds("_timeout")
    write_timeout = writeTimeout = _seconds("_write_timeout")  # noqa: N815
    inter_byte_timeout = interCharTimeout = _seconds("_inter_byte_timeout")  # noqa: N815
    rts, dtr, break_condition = _ignored("_rts"), _ignored("_dtr"), _ignored("_break")
    exclusive = _ignored("_exclusive")
    cts = dsr = ri = cd = property(lambda port: False)
    rs485_mode = _setting("rs485_mode", None)

    def __init__(self, port: str | None = None, baudrate: int = 9600, bytesize: int = EIGHTBITS,
                 parity: str = PARITY_NONE, stopbits: float = STOPBITS_ONE,
                 timeout: float | None = None, xonxoff: bool = False, rtscts: bool = False,
                 write_timeout: float | None = None, dsrdtr: bool | None = False,
                 inter_byte_timeout: float | None = None, exclusive: bool | None = None,
                 **kwargs: Any) -> None:
        self.is_open = False
        self._port: str | None = None
        self._baudrate = 9600
        self.port = port
        self.baudrate = baudrate
        self.bytesize, self.parity, self.stopbits = bytesize, parity, stopbits
        self.timeout = timeout
        self.write_timeout = kwargs.pop("writeTimeout", write_timeout)
        self.inter_byte_timeout = kwargs.pop("interCharTimeout", inter_byte_timeout)
        self.xonxoff, self.rtscts, self.dsrdtr = xonxoff, rtscts, bool(dsrdtr)
        if kwargs:
            raise ValueError(f"unexpected keyword arguments: {kwargs!r}")
        if port is not None:
            self.open()

    def open(self) -> None:
        """Of a port."""
        raise NotImplementedError

    def _set_baud(self, rate: int) -> None:
        raise NotImplementedError

    @property
    def port(self) -> str | None:
        """The device file, or the host's name of it."""
        return self._port

    @port.setter
    def port(self, port: str | None) -> None:
        if port is not None and not isinstance(port, str):
            raise ValueError(f'"port" must be None or a string, not {type(port)}')
        was_open = self.is_open
        if was_open:
            self.close()
        self._port = self.name = port
        if was_open:
            self.open()

    @property
    def baudrate(self) -> int:
        """Bits a second."""
        return self._baudrate

    @baudrate.setter
    def baudrate(self, rate: int) -> None:
        if not isinstance(rate, int) or rate <= 0:
            raise ValueError(f"Not a valid baudrate: {rate!r}")
        if self.is_open:
            self._set_baud(rate)
        self._baudrate = rate

    def isOpen(self) -> bool:  # noqa: N802
        """is_open, as it was called before version 3."""
        return self.is_open

    def readable(self) -> bool:
        """See io."""
        return True

    writable = readable

    def seekable(self) -> bool:
        """See io."""
        return False

    def readinto(self, b: Any) -> int:
        """See io."""
        data = self.read(len(b))
        b[:len(data)] = data
        return len(data)

    def __enter__(self) -> "SerialBase":
        if self._port is not None and not self.is_open:
            self.open()
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def __del__(self) -> None:
        """Nothing is open in the host's sense."""

    def read_all(self) -> bytes:
        """What can be read at once."""
        return self.read(self.in_waiting)

    def read_until(self, expected: bytes = LF, size: int | None = None) -> bytes:
        """Up to and with `expected`, `size` bytes at most, until the timeout."""
        line = bytearray()
        timeout = Timeout(self.timeout)
        while size is None or len(line) < size:
            octet = self.read(1)
            line += octet
            if not octet or line.endswith(expected) or timeout.expired():
                break
        return bytes(line)

    def readline(self, size: int | None = -1) -> bytes:  # type: ignore[override]
        """A line with its end, or what of it has come in time."""
        return self.read_until(LF, None if size is None or size < 0 else size)

    def iread_until(self, *args: Any, **named: Any) -> Iterator[bytes]:
        """Lines until one is empty."""
        while line := self.read_until(*args, **named):
            yield line

    def send_break(self, duration: float = 0.25) -> None:
        """The host's ports cannot."""
        raise NotImplementedError("a break is not possible in the sandbox")

    def get_settings(self) -> dict[str, Any]:
        """As apply_settings() takes them."""
        return {name: getattr(self, name) for name in SETTINGS}

    def apply_settings(self, d: dict[str, Any]) -> None:
        """Those of get_settings()."""
        for name in SETTINGS:
            if name in d:
                setattr(self, name, d[name])


SETTINGS = ("baudrate", "bytesize", "parity", "stopbits", "xonxoff", "dsrdtr", "rtscts", "timeout",
            "write_timeout", "inter_byte_timeout")
