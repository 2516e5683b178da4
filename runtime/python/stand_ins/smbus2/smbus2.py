"""SMBus and i2c_msg as smbus2 has them. One host call is one transaction: a write, a read, or a
write and a read after a repeated start.
"""
import enum
from typing import Any, Iterable, Iterator

from harvester_runtime import devices

I2C_M_RD = 0x0001
I2C_M_TEN = 0x0010
I2C_SMBUS_BLOCK_MAX = 32


class I2cFunc(enum.IntFlag):
    """What an adapter can do: the bits of I2C_FUNCS."""

    I2C = 0x00000001
    ADDR_10BIT = 0x00000002
    PROTOCOL_MANGLING = 0x00000004
    SMBUS_PEC = 0x00000008
    NOSTART = 0x00000010
    SLAVE = 0x00000020
    SMBUS_BLOCK_PROC_CALL = 0x00008000
    SMBUS_QUICK = 0x00010000
    SMBUS_READ_BYTE = 0x00020000
    SMBUS_WRITE_BYTE = 0x00040000
    SMBUS_READ_BYTE_DATA = 0x00080000
    SMBUS_WRITE_BYTE_DATA = 0x00100000
    SMBUS_READ_WORD_DATA = 0x00200000
    SMBUS_WRITE_WORD_DATA = 0x00400000
    SMBUS_PROC_CALL = 0x00800000
    SMBUS_READ_BLOCK_DATA = 0x01000000
    SMBUS_WRITE_BLOCK_DATA = 0x02000000
    SMBUS_READ_I2C_BLOCK = 0x04000000
    SMBUS_WRITE_I2C_BLOCK = 0x08000000
    SMBUS_HOST_NOTIFY = 0x10000000
    SMBUS_BYTE = 0x00060000
    SMBUS_BYTE_DATA = 0x00180000
    SMBUS_WORD_DATA = 0x00600000
    SMBUS_BLOCK_DATA = 0x03000000
    SMBUS_I2C_BLOCK = 0x0c000000
    SMBUS_EMUL = 0x0eff0008


OFFERED = ((I2cFunc.SMBUS_EMUL & ~I2cFunc.SMBUS_PEC) | I2cFunc.I2C | I2cFunc.ADDR_10BIT
           | I2cFunc.SMBUS_READ_BLOCK_DATA | I2cFunc.SMBUS_BLOCK_PROC_CALL)


class _Octets(bytearray):
    """A message's bytes; one of them is a bytes of length 1, as of a pointer to char."""

    def __getitem__(self, index: Any) -> Any:
        part = bytes(self)[index]
        return bytes((part,)) if isinstance(part, int) else part


class i2c_msg:  # noqa: N801
    """One message of a transaction."""

    def __init__(self, addr: int, flags: int, data: bytes) -> None:
        self.addr = addr
        self.flags = flags
        self.buf = _Octets(data)

    @staticmethod
    def read(address: int, length: int) -> "i2c_msg":
        """A message that reads `length` bytes."""
        return i2c_msg(address, I2C_M_RD, bytes(length))

    @staticmethod
    def write(address: int, buf: Iterable[Any]) -> "i2c_msg":
        """A message that writes text, bytes or numbers."""
        data = (ord(item) if isinstance(item, str) else item & 0xFF for item in buf)
        return i2c_msg(address, 0, bytes(data))

    @property
    def len(self) -> int:
        """The number of bytes."""
        return len(self)

    def __len__(self) -> int:
        return bytearray.__len__(self.buf)

    def __iter__(self) -> Iterator[int]:
        return iter(bytes(self.buf))

    def __bytes__(self) -> bytes:
        return bytes(self.buf)

    def __str__(self) -> str:
        return bytes(self).decode("ascii", "replace")

    def __repr__(self) -> str:
        return f"i2c_msg({self.addr},{self.flags},{bytes(self)!r})"


class SMBus:
    """An i2c bus. That it, or an address on it, is missing or not granted is seen at a transfer."""

    def __init__(self, bus: int | str | None = None, force: bool = False) -> None:
        self.fd: int | None = None
        self.funcs = I2cFunc(0)
        self.address: int | None = None
        self.force = force
        self._bus = 0
        if bus is not None:
            self.open(bus)

    def __enter__(self) -> "SMBus":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def open(self, bus: int | str) -> None:
        """A bus by its number or its device file."""
        if isinstance(bus, str):
            number = bus.removeprefix("/dev/i2c-")
            if not number.isdecimal():
                raise devices.error_of_text(f"no such i2c bus: {bus}")
            bus = int(number)
        if not isinstance(bus, int):
            raise TypeError(f"Unexpected type(bus)={type(bus)}")
        self._bus = self.fd = bus
        self.funcs = OFFERED

    def close(self) -> None:
        """May be called twice."""
        self.fd = None

    def enable_pec(self, enable: bool = True) -> None:
        """Packet error codes are the adapter's business, and the host's has none."""
        if enable:
            raise OSError("SMBUS_PEC is not a feature")

    pec = property(lambda self: 0, enable_pec)

    def _transfer(self, address: int, data: Iterable[int], size: int = 0) -> bytes:
        if self.fd is None:
            raise TypeError("the bus is closed")
        return devices.i2c_transfer(self._bus, address, data, size)

    def write_quick(self, i2c_addr: int, force: bool | None = None) -> None:
        """An address with nothing behind it: does somebody answer?"""
        self._transfer(i2c_addr, b"")

    def read_byte(self, i2c_addr: int, force: bool | None = None) -> int:
        """One byte, from wherever the device is."""
        return self._transfer(i2c_addr, b"", 1)[0]

    def write_byte(self, i2c_addr: int, value: int, force: bool | None = None) -> None:
        """One byte."""
        self._transfer(i2c_addr, (value & 0xFF,))

    def read_byte_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        """One byte of a register."""
        return self._transfer(i2c_addr, (register & 0xFF,), 1)[0]

    def write_byte_data(self, i2c_addr: int, register: int, value: int,
                        force: bool | None = None) -> None:
        """One byte to a register."""
        self._transfer(i2c_addr, (register & 0xFF, value & 0xFF))

    def read_word_data(self, i2c_addr: int, register: int, force: bool | None = None) -> int:
        """Two bytes of a register, the low one first."""
        return int.from_bytes(self._transfer(i2c_addr, (register & 0xFF,), 2), "little")

    def write_word_data(self, i2c_addr: int, register: int, value: int,
                        force: bool | None = None) -> None:
        """Two bytes to a register, the low one first."""
        self._transfer(i2c_addr, (register & 0xFF, value & 0xFF, value >> 8 & 0xFF))

    def process_call(self, i2c_addr: int, register: int, value: int,
                     force: bool | None = None) -> int:
        """Two bytes there, two bytes back."""
        data = (register & 0xFF, value & 0xFF, value >> 8 & 0xFF)
        return int.from_bytes(self._transfer(i2c_addr, data, 2), "little")

    def read_block_data(self, i2c_addr: int, register: int,
                        force: bool | None = None) -> list[int]:
        """As many bytes as the device says, by a first one that is their number."""
        return self._block(i2c_addr, (register & 0xFF,))

    def write_block_data(self, i2c_addr: int, register: int, data: Iterable[int],
                         force: bool | None = None) -> None:
        """The number of the bytes, and they."""
        data = _checked(data)
        self._transfer(i2c_addr, (register & 0xFF, len(data), *data))

    def block_process_call(self, i2c_addr: int, register: int, data: Iterable[int],
                           force: bool | None = None) -> list[int]:
        """A block there, a block back."""
        data = _checked(data)
        return self._block(i2c_addr, (register & 0xFF, len(data), *data))

    def _block(self, address: int, data: tuple[int, ...]) -> list[int]:
        """The host reads a number of bytes that is known before: the longest block, which a device
        with a shorter one fills up.
        """
        size, *octets = self._transfer(address, data, 1 + I2C_SMBUS_BLOCK_MAX)
        if not 0 < size <= I2C_SMBUS_BLOCK_MAX:
            raise devices.error_of_text(f"i2c {address:#04x}: a block of {size} bytes")
        return octets[:size]

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int,
                            force: bool | None = None) -> list[int]:
        """So many bytes, from a register on."""
        if length > I2C_SMBUS_BLOCK_MAX:
            raise ValueError(f"Desired block length over {I2C_SMBUS_BLOCK_MAX} bytes")
        return list(self._transfer(i2c_addr, (register & 0xFF,), length))

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Iterable[int],
                             force: bool | None = None) -> None:
        """Bytes, from a register on."""
        self._transfer(i2c_addr, (register & 0xFF, *_checked(data)))

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Messages in turn. A write and the read behind it, at the same address, are one
        transaction; between all others there is a stop.
        """
        messages = list(i2c_msgs)
        while messages:
            first = messages.pop(0)
            if first.flags & I2C_M_RD:
                first.buf[:] = self._transfer(first.addr, b"", len(first))
            elif messages and messages[0].flags & I2C_M_RD and messages[0].addr == first.addr:
                answer = messages.pop(0)
                answer.buf[:] = self._transfer(first.addr, bytes(first), len(answer))
            else:
                self._transfer(first.addr, bytes(first))


def _checked(data: Iterable[int]) -> list[int]:
    octets = [value & 0xFF for value in data]
    if len(octets) > I2C_SMBUS_BLOCK_MAX:
        raise ValueError(f"Data length cannot exceed {I2C_SMBUS_BLOCK_MAX} bytes")
    return octets
