"""What CircuitPython drivers import: board, busio, digitalio, microcontroller."""
import sys
from typing import Any

import board
import busio
import digitalio
import fake
import microcontroller
import pytest
from micropython import const


@pytest.fixture(autouse=True)
def host() -> None:
    fake.host.reset()
    fake.host.answers["i2c.write_read"] = (
        lambda bus, address, data, size: bytes(data).ljust(size, b"\xEE")[:size])


def test_i2c() -> None:
    bus = board.I2C()
    assert bus is board.I2C()
    assert bus.try_lock() and not bus.try_lock()
    buffer = bytearray(b"abcd")
    bus.writeto(0x23, buffer, start=1, end=3)
    bus.readfrom_into(0x23, buffer, start=3)
    assert buffer == b"abc\xEE"
    bus.writeto_then_readfrom(0x23, b"\x0F\x01", buffer, out_end=1, in_start=2)
    assert buffer == b"ab\x0F\xEE"
    bus.unlock()
    assert [call[2:] for call in fake.host.made("i2c.write_read")] == [
        (b"bc", 0), (b"", 1), (b"\x0F", 2)]
    with pytest.raises(ValueError, match="Not locked"):
        bus.unlock()
    with pytest.raises(ValueError, match="No Hardware I2C"):
        busio.I2C(board.D4, board.D5)


def test_scan_finds_what_is_granted_and_answers() -> None:
    cases = sys.modules["wit_world.imports.i2c"].I2cError

    def write_read(bus: int, address: int, data: bytes, size: int) -> bytes:
        if address == 0x23:
            return b""
        raise fake.Err(cases.NO_ACKNOWLEDGE if address == 0x24 else cases.NOT_GRANTED)
    fake.host.answers["i2c.write_read"] = write_read
    assert board.I2C().scan() == [0x23]


def test_spi() -> None:
    def transfer(device: str, data: bytes) -> bytes:
        if not data:
            raise fake.Err("transfer without data")
        return bytes(reversed(data))
    fake.host.answers["spi.transfer_device"] = transfer
    spi = busio.SPI(board.SCK, board.MOSI, board.MISO)
    with pytest.raises(RuntimeError):
        spi.configure()
    assert spi.try_lock()
    spi.configure(baudrate=1000000)
    buffer = bytearray(3)
    spi.write_readinto(b"\x01\x02\x03", buffer)
    assert buffer == b"\x03\x02\x01"
    spi.readinto(buffer, end=2, write_value=9)
    assert buffer == b"\x09\x09\x01"
    spi.write(b"abc", start=1)
    assert fake.host.calls[-1] == ("spi.transfer_device", "spi0.0", b"bc")
    with pytest.raises(OSError, match="mode"):
        spi.configure(polarity=1, phase=1)


def test_chip_select_names_the_device() -> None:
    def set_mode(line: int, mode: Any) -> None:
        raise fake.Err(f"not granted: gpio {line}: add `allow_gpio = [{line}]`")
    fake.host.answers["gpio.set_mode"] = set_mode
    fake.host.answers["spi.transfer_device"] = lambda device, data: bytes(data)
    spi = busio.SPI(board.SCK, board.MOSI, board.MISO)
    select = digitalio.DigitalInOut(board.CE1)
    select.switch_to_output(value=True)
    for value in (False, True):
        select.value = value
        spi.write(b"a")
    sent = [call for call in fake.host.made("spi.transfer_device") if call[1]]
    assert sent == [("spi0.1", b"a"), ("spi0.0", b"a")]
    with pytest.raises(PermissionError):
        digitalio.DigitalInOut(board.D5).switch_to_output()


def test_digital_pins() -> None:
    modes: list[Any] = []
    fake.host.answers["gpio.set_mode"] = lambda line, mode: modes.append((line, mode.name))
    fake.host.answers["gpio.read"] = lambda line: True
    pin = digitalio.DigitalInOut(board.D17)
    assert modes == [] and pin.value is True
    pin.switch_to_output(value=True)
    with pytest.raises(AttributeError, match="Not an input"):
        pin.pull = digitalio.Pull.UP
    pin.switch_to_input(digitalio.Pull.DOWN)
    with pytest.raises(AttributeError, match="Not an output"):
        pin.value = True
    assert modes[-1] == (17, "INPUT_PULL_DOWN") and (17, "OUTPUT") in modes
    assert fake.host.made("gpio.write") == [(17, True)]
    assert repr(digitalio.Direction.OUTPUT) == "digitalio.Direction.OUTPUT"


def test_the_rest() -> None:
    assert const(5) == 5
    assert board.D4 == microcontroller.pin.D4 and board.SDA == board.D2
    uart = busio.UART(board.TX, board.RX, timeout=0)
    fake.host.answers["uart.read_port"] = lambda port, size: b"ok\n"
    assert uart.read(2) == b"ok"
