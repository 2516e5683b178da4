"""spidev and serial over the host's devices."""
import errno
from typing import Any, Callable

import fake
import pytest
import serial
import serial.tools.list_ports
import spidev

DENIED = 'not granted: spi spi0.1: add `allow_spi = ["spi0.1"]` to its permission.toml'


def refusing(text: str) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise fake.Err(text)
    return fail


@pytest.fixture(autouse=True)
def loop() -> None:
    """An spi device that gives back what it gets, turned over."""
    fake.host.reset()

    def transfer(device: str, data: bytes) -> bytes:
        if not data:
            raise fake.Err("spi0.1: an spi transfer without data: give at least 1 byte")
        return bytes(value ^ 0xFF for value in data)
    fake.host.answers["spi.transfer_device"] = transfer


def test_transfers() -> None:
    with spidev.SpiDev(0, 1) as spi:
        spi.max_speed_hz, spi.mode, spi.bits_per_word = 500000, 0, 8
        assert spi.xfer2([1, 128, 0]) == spi.xfer([1, 128, 0], 500000) == [254, 127, 255]
        assert spi.readbytes(2) == [255, 255]
        spi.writebytes([1])
        assert spi.xfer3(bytes(5000)) == (255,) * 5000
        with pytest.raises(OverflowError):
            spi.xfer2([0] * 4097)
        with pytest.raises(TypeError):
            spi.xfer2([])
        with pytest.raises(TypeError):
            spi.xfer2([256])
    assert {call[0] for call in fake.host.made("spi.transfer_device")} == {"spi0.1"}
    with pytest.raises(OSError) as info:
        spi.xfer([1])
    assert info.value.errno == errno.EBADF


def test_settings_that_the_host_has_not() -> None:
    spi = spidev.SpiDev()
    spi.open_path("/dev/spidev0.1")
    for name, value in (("mode", 3), ("lsbfirst", True), ("bits_per_word", 9), ("cshigh", True)):
        with pytest.raises(OSError, match=name) as info:
            setattr(spi, name, value)
        assert info.value.errno == errno.EINVAL
    assert (spi.mode, spi.lsbfirst, spi.bits_per_word) == (0, False, 8)


@pytest.mark.parametrize("text, kind", [
    (DENIED, PermissionError),
    ("no spi device spi0.1 is simulated: name one that is, or set `spi_backend = \"linux\"` under [hardware]", FileNotFoundError)])
def test_open_fails(text: str, kind: type) -> None:
    fake.host.answers["spi.transfer_device"] = refusing(text)
    with pytest.raises(kind, match=text[:20]):
        spidev.SpiDev(0, 1)


def test_busy() -> None:
    fake.host.answers["spi.transfer_device"] = refusing("spi0.0 drives the LEDs of this node: use another spi device")
    with pytest.raises(OSError) as info:
        spidev.SpiDev(0, 0)
    assert info.value.errno == errno.EBUSY


class Line:
    """The other end of a serial line: gives its pieces one by one, a piece at each look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.written = b""
        self.now = 0.0
        monkeypatch.setattr("time.sleep", self.sleep)
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        fake.host.answers["uart.read_port"] = lambda port, size: self.read()
        fake.host.answers["uart.write_port"] = lambda port, data: self.write(data)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def write(self, data: bytes) -> int:
        self.written += data[:3]
        return len(data[:3])


def test_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    Line(monkeypatch, b"", b"BM", b"", b"\x00\x1c12\nab;c")
    with serial.Serial("/dev/serial0", 9600, timeout=1) as port:
        assert port.read(4) == b"BM\x00\x1c"
        assert port.in_waiting == port.inWaiting() == 7
        assert port.readline() == b"12\n"
        assert port.read_until(b";") == b"ab;"
        buffer = bytearray(4)
        assert port.readinto(buffer) == 1 and buffer == b"c\0\0\0"
        assert port.read(10) == b""
    assert fake.host.made("uart.set_port_baud") == [("serial0", 9600)]
    with pytest.raises(serial.PortNotOpenError):
        port.read()


def test_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(monkeypatch)
    port = serial.Serial("/dev/serial0", timeout=0)
    assert port.read(5) == b"" and line.now == 0
    port.timeout = 2
    assert port.readline() == b"" and 2 <= line.now < 2.1
    with pytest.raises(ValueError):
        port.timeout = -1


def test_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(monkeypatch)
    port = serial.Serial()
    port.port, port.baudrate = "/dev/ttyAMA0", 115200
    port.open()
    assert port.write(b"hello world") == 11
    port.flush()
    port.reset_input_buffer()
    assert line.written == b"hello world"
    with pytest.raises(TypeError):
        port.write("text")
    assert fake.host.made("uart.set_port_baud") == [("ttyAMA0", 115200)]


@pytest.mark.parametrize("text, kind, code", [
    ("not granted: uart serial0: add `allow_uart`", PermissionError, errno.EACCES),
    ("no serial port serial0 is simulated: name one that is, or set `uart_backend = \"linux\"` under [hardware]", FileNotFoundError, errno.ENOENT)])
def test_port_that_cannot_be_opened(text: str, kind: type, code: int) -> None:
    fake.host.answers["uart.set_port_baud"] = refusing(text)
    with pytest.raises(serial.SerialException, match=text[:20]) as info:
        serial.Serial("/dev/serial0")
    assert isinstance(info.value, kind)
    assert info.value.errno == code


def test_settings_and_ports() -> None:
    with pytest.raises(ValueError, match="parity"):
        serial.Serial("/dev/serial0", parity=serial.PARITY_EVEN)
    port = serial.serial_for_url("/dev/serial0", timeout=3)
    port.apply_settings(port.get_settings() | {"baudrate": 57600})
    assert (port.is_open, port.timeout, port.baudrate, port.parity) == (True, 3, 57600, "N")
    assert serial.tools.list_ports.comports() == []
    with pytest.raises(ValueError, match="socket"):
        serial.serial_for_url("socket://127.0.0.1:1")
