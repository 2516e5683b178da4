"""Objects that nobody counts: a forked child reads what is in the image, and comes to own no page for it.

CPython writes to an object whenever a reference to it comes or goes, so a child that only uses the image's functions,
strings and types would get a copy of each of their pages. It does not count references to immortal objects (PEP 683),
but only C code can make objects immortal, and the component has none of ours. So this module writes the reference
counts itself when the image is made, through a bytearray whose content is the whole memory. No plugin runs yet, and
decision 46 says why this opens no door for them.
"""
import gc
import opcode
import struct
import types
from typing import Any, Callable

# Include/refcount.h of CPython 3.14, 32 bits: what is immortal from the start has more, and stays as it is.
IMMORTAL, STATIC = 5 << 28, 6 << 28
DRIFT = 1 << 20  # code that was specialised for a mortal object goes on counting it
MEMORY_SIZE = 2 ** 31 - 1
BYTES_START = bytes.__basicsize__ - 1
LOAD_CONST, EXTENDED_ARG = opcode.opmap["LOAD_CONST"], opcode.opmap["EXTENDED_ARG"]
# The first three end with the call that they are part of. Integers are what this module writes with.
LEFT_OUT = (types.FrameType, types.GeneratorType, types.TracebackType, int)


def make(turn: int) -> None:
    """Make every object that exists immortal; `turn`: how often that was done before."""
    count = IMMORTAL + 2 * turn * DRIFT
    fake = struct.pack("<7I", IMMORTAL, id(bytearray), MEMORY_SIZE, MEMORY_SIZE, 0, 0, 0)  # a PyByteArrayObject from 0 on
    seen: set[int] = set()
    with memoryview(_object_at(id(fake) + BYTES_START)) as memory:
        waiting = gc.get_objects()
        while waiting:
            one = waiting.pop()
            found, = struct.unpack_from("<I", memory, id(one))  # ob_refcnt comes first
            if isinstance(one, LEFT_OUT) or abs(found - count) < DRIFT or id(one) in seen or one is seen or one is waiting:
                continue
            if found < STATIC:
                struct.pack_into("<I", memory, id(one), count)
            else:
                seen.add(id(one))
            waiting += _referents(one)


def _referents(one: Any) -> list[Any]:
    """What an object refers to. The collector knows nothing of code."""
    if not isinstance(one, types.CodeType):
        return gc.get_referents(one)
    return [one.co_consts, one.co_names, *one.co_varnames, *one.co_freevars, *one.co_cellvars, one.co_filename,
            one.co_name, one.co_qualname, one.co_linetable, one.co_exceptiontable]


def _object_at(address: int) -> Any:
    """What lies there, as an object: a function returns it as its constant number so-and-so, far behind its own ones."""
    def returns_a_constant() -> None:
        """Its code is replaced, its constants stay."""
    pointer = struct.pack("<I", address)
    constants = returns_a_constant.__code__.co_consts
    number = (id(pointer) + BYTES_START - id(constants) - tuple.__basicsize__) // 4 % 2 ** 30
    code = bytearray(returns_a_constant.__code__.co_code)
    load = code.index(LOAD_CONST)
    *high, low = number.to_bytes(4, "big")
    code[load:load + 2] = bytes(byte for digit in high for byte in (EXTENDED_ARG, digit)) + bytes([LOAD_CONST, low])
    returns_a_constant.__code__ = returns_a_constant.__code__.replace(co_code=bytes(code))
    assert returns_a_constant.__code__.co_consts is constants
    found: Callable[[], Any] = returns_a_constant
    return found()
