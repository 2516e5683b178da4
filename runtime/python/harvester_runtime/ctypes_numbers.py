"""The numbers of ctypes, which drivers use to give an integer a sign: `c_short(raw).value`."""
import struct
from typing import Any

INTEGERS = {
    "c_byte": "b", "c_ubyte": "B", "c_int8": "b", "c_uint8": "B", "c_short": "h", "c_ushort": "H",
    "c_int16": "h", "c_uint16": "H", "c_int": "i", "c_uint": "I", "c_int32": "i", "c_uint32": "I",
    "c_long": "q", "c_ulong": "Q", "c_longlong": "q", "c_ulonglong": "Q", "c_int64": "q",
    "c_uint64": "Q", "c_size_t": "Q", "c_ssize_t": "q"}
FLOATS = {"c_float": "f", "c_double": "d"}


class Number:
    """A number of a fixed size: an integer that does not fit loses its high bits."""

    FORMAT = ""

    def __init__(self, value: Any = 0) -> None:
        self.value = value

    @property
    def value(self) -> Any:
        """What is left of it."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if isinstance(value, int) and self.FORMAT not in "fd":
            bits = 8 * struct.calcsize(f"<{self.FORMAT}")
            raw = (value & (1 << bits) - 1).to_bytes(bits // 8, "little")
        else:
            raw = struct.pack(f"<{self.FORMAT}", value)
        self._value = struct.unpack(f"<{self.FORMAT}", raw)[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


def sizeof(number: Any) -> int:
    """In bytes."""
    return struct.calcsize(f"<{number.FORMAT}")


NAMES: dict[str, Any] = {"sizeof": sizeof} | {
    name: type(name, (Number,), {"FORMAT": letter, "__module__": "ctypes"})
    for name, letter in (INTEGERS | FLOATS).items()}
