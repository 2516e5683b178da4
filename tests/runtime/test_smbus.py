"""smbus2 and smbus over the host's i2c."""
import errno
import sys
from typing import Any

import fake
import pytest
import smbus
import smbus2
from smbus2 import SMBus, i2c_msg


@pytest.fixture(autouse=True)
def wire() -> list[tuple[int, int, bytes, int]]:
    """What goes over the bus; every read gives 3, 2, 1, 0, 0 ..."""
    fake.host.reset()
    seen = []

    def write_read(bus: int, address: int, data: bytes, size: int) -> bytes:
        seen.append((bus, address, bytes(data), size))
        return bytes((3, 2, 1)).ljust(size, b"\0")[:size]
    fake.host.answers["i2c.write_read"] = write_read
    return seen


# Call, what goes out behind bus 1 and address 0x40, what comes back
CALLS = [
    (lambda bus: bus.write_quick(0x40), b"", 0, None),
    (lambda bus: bus.read_byte(0x40), b"", 1, 3),
    (lambda bus: bus.write_byte(0x40, 0x1AA), b"\xAA", 0, None),
    (lambda bus: bus.read_byte_data(0x40, 0xD0), b"\xD0", 1, 3),
    (lambda bus: bus.write_byte_data(0x40, 0xD0, 5), b"\xD0\x05", 0, None),
    (lambda bus: bus.read_word_data(0x40, 1), b"\x01", 2, 0x0203),
    (lambda bus: bus.write_word_data(0x40, 1, 0x1234), b"\x01\x34\x12", 0, None),
    (lambda bus: bus.process_call(0x40, 1, 0x1234), b"\x01\x34\x12", 2, 0x0203),
    (lambda bus: bus.read_block_data(0x40, 1), b"\x01", 33, [2, 1, 0]),
    (lambda bus: bus.write_block_data(0x40, 1, [7, 8]), b"\x01\x02\x07\x08", 0, None),
    (lambda bus: bus.block_process_call(0x40, 1, [7]), b"\x01\x01\x07", 33, [2, 1, 0]),
    (lambda bus: bus.read_i2c_block_data(0x40, 1, 4), b"\x01", 4, [3, 2, 1, 0]),
    (lambda bus: bus.write_i2c_block_data(0x40, 1, [7, 8]), b"\x01\x07\x08", 0, None),
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_calls(wire: list[Any], number: int) -> None:
    call, out, size, back = CALLS[number]
    with SMBus("/dev/i2c-1") as bus:
        assert call(bus) == back
    assert wire == [(1, 0x40, out, size)]


def test_messages(wire: list[Any]) -> None:
    pointer, answer = i2c_msg.write(0x40, [0x0A]), i2c_msg.read(0x40, 2)
    SMBus(1).i2c_rdwr(pointer, answer, i2c_msg.write(0x40, "ab"), i2c_msg.read(0x41, 0))
    assert wire == [(1, 0x40, b"\x0A", 2), (1, 0x40, b"ab", 0), (1, 0x41, b"", 0)]
    assert list(answer) == [3, 2]
    assert bytes(answer) == b"\x03\x02"
    assert answer.buf[0] == b"\x03"
    assert (answer.addr, answer.flags, answer.len, len(answer)) == (0x40, 1, 2, 2)


def test_limits(wire: list[Any]) -> None:
    bus = SMBus(1)
    with pytest.raises(ValueError, match="over 32 bytes"):
        bus.read_i2c_block_data(0x40, 0, 33)
    with pytest.raises(ValueError, match="exceed 32 bytes"):
        bus.write_i2c_block_data(0x40, 0, [0] * 33)
    with pytest.raises(OSError, match="SMBUS_PEC"):
        bus.pec = True
    with pytest.raises(FileNotFoundError):
        SMBus("/dev/spi")
    bus.close()
    with pytest.raises(TypeError):
        bus.read_byte(0x40)
    assert wire == []
    bus.open(1)
    bus.write_i2c_block_data(0x40, 0, [0] * 32)


@pytest.mark.parametrize("name, kind, code", [
    ("NO_ACKNOWLEDGE", OSError, 121), ("BUS", OSError, errno.EIO),
    ("ARBITRATION_LOSS", OSError, errno.EAGAIN), ("TIMEOUT", TimeoutError, errno.ETIMEDOUT),
    ("NOT_GRANTED", PermissionError, errno.EACCES), ("INVALID", FileNotFoundError, errno.ENOENT)])
def test_errors(name: str, kind: type, code: int) -> None:
    error = sys.modules["wit_world.imports.i2c"].I2cError[name]

    def fail(*_: Any) -> Any:
        raise fake.Err(error)
    fake.host.answers["i2c.write_read"] = fail
    with pytest.raises(kind) as info:
        SMBus(1).read_byte_data(0x76, 0xD0)
    assert info.value.errno == code
    assert ("0x76" in str(info.value)) != (name == "INVALID")


SWITCHED_OFF = "no /dev/i2c-1: switch the bus on (on a Raspberry Pi `dtparam=i2c_arm=on` in ...)"


def no_bus(cases: Any) -> None:
    """A host whose i2c is switched off."""
    def fail(*_: Any) -> Any:
        raise fake.Err(cases.INVALID)

    def explain(_: int) -> None:
        raise fake.Err(SWITCHED_OFF)
    fake.host.answers["i2c.write_read"] = fail
    fake.host.answers["i2c.check_bus"] = explain


def test_bus_that_is_switched_off() -> None:
    no_bus(sys.modules["wit_world.imports.i2c"].I2cError)
    with pytest.raises(FileNotFoundError) as info:
        SMBus(1).read_byte_data(0x76, 0xD0)
    assert str(info.value) == f"[Errno 2] {SWITCHED_OFF}"


def test_refusal_names_the_permission_file(runtime: Any) -> None:
    cases = sys.modules["wit_world.imports.i2c"].I2cError

    def fail(*_: Any) -> Any:
        raise fake.Err(cases.NOT_GRANTED)
    source = "from smbus2 import SMBus\n\ndef poll():\n    return SMBus(1).read_byte(0x76)\n"
    for name, file in (("door.py", "door.permission.toml"), ("plugin.py", "permission.toml")):
        runtime.load({name: source}, "door")
        fake.host.answers["i2c.write_read"] = fail
        assert f"see `allow_i2c` in {file}: 'i2c 0x76'" in runtime.error()


def test_block_of_an_impossible_size() -> None:
    fake.host.answers["i2c.write_read"] = lambda bus, address, data, size: b"\xFF" * size
    with pytest.raises(OSError, match="a block of 255 bytes"):
        SMBus(1).read_block_data(0x40, 0)


def test_old_smbus(wire: list[Any]) -> None:
    bus = smbus.SMBus(1)
    assert len(bus.read_i2c_block_data(0x40, 1)) == 32
    bus.write_quick(0x40)
    bus.write_byte_data(0x40, 1, 2)
    assert [out for _, _, out, _ in wire] == [b"\x01", b"", b"\x01\x02"]


def test_public_names() -> None:
    assert smbus2.I2cFunc.I2C in SMBus(1).funcs
    assert not SMBus(1).funcs & smbus2.I2cFunc.SMBUS_PEC
