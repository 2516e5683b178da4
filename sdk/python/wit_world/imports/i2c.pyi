from enum import Enum


class I2cError(Enum):
    NO_ACKNOWLEDGE = 0
    BUS = 1
    ARBITRATION_LOSS = 2
    TIMEOUT = 3
    NOT_GRANTED = 4
    INVALID = 5


def transfer(addr: int, write_data: str, read_len: int) -> str:
    """Write, then read after a repeated start, as hexadecimal text, on the first bus.

    Raises: `componentize_py_types.Err(str)`
    """


def write_read(bus: int, address: int, data: bytes, read_len: int) -> bytes:
    """Write, then read after a repeated start, on the bus of that number (1 is /dev/i2c-1). With
    no data it only reads; with `read-len` 0 it only writes. An address above 0x7f is a 10-bit
    one.

    Raises: `componentize_py_types.Err(I2cError)`
    """


def check_bus(bus: int) -> None:
    """Is there a bus of that number? The error says what is missing and what to do about it. Nothing
    goes out on the bus.

    Raises: `componentize_py_types.Err(str)`
    """
