"""Components of a hundred bytes, written by hand: they compile in no time.

Encoding: https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md and
https://webassembly.github.io/spec/core/binary
"""
from dataclasses import dataclass
from typing import Iterable

U8, U32, U64, STRING = b"\x7d", b"\x79", b"\x77", b"\x73"
RESULT_OF_STRINGS = b"\x6a\x01" + STRING + b"\x01" + STRING

_FUNCTION_SORT, _TYPE_SORT = b"\x01", b"\x03"


def _number(value: int) -> bytes:
    """LEB128, unsigned."""
    low, value = value & 0x7F, value >> 7
    return bytes([low]) if not value else bytes([low | 0x80]) + _number(value)


def _name(text: str) -> bytes:
    return _number(len(text)) + text.encode()


def _vector(items: Iterable[bytes]) -> bytes:
    items = list(items)
    return _number(len(items)) + b"".join(items)


def _section(number: int, *items: bytes) -> bytes:
    content = _vector(items)
    return bytes([number]) + _number(len(content)) + content


def _fields(fields: dict[str, bytes]) -> bytes:
    return _vector(_name(name) + kind for name, kind in fields.items())


def _function(parameters: dict[str, bytes], result: bytes | None) -> bytes:
    end = b"\x01\x00" if result is None else b"\x00" + result
    return b"\x40" + _fields(parameters) + end


def _core_module(result: int) -> bytes:
    """(module (func (export "f") (result i32) i32.const RESULT))"""
    code = b"\x00\x41" + _number(result) + b"\x0b"
    return (b"\0asm\x01\x00\x00\x00" + _section(1, b"\x60\x00\x01\x7f") + _section(3, b"\x00")
            + _section(7, _name("f") + b"\x00\x00") + _section(10, _number(len(code)) + code))


@dataclass(frozen=True)
class Import:
    """A function that a component imports and never calls."""

    interface: str
    name: str
    parameters: dict[str, bytes]
    result: bytes | None


def _import(index: int, wanted: Import) -> bytes:
    """(import INTERFACE (instance (export NAME (func …)))), with its type as type `index`."""
    result, declared = wanted.result, []
    if result and len(result) > 1:  # not a simple type: it needs a declaration, type 0
        result, declared = b"\x00", [b"\x01" + result]
    declared.append(b"\x01" + _function(wanted.parameters, result))
    function = _number(len(declared) - 1)
    instance = [*declared, b"\x04\x00" + _name(wanted.name) + b"\x01" + function]
    return (_section(7, b"\x42" + _vector(instance))
            + _section(10, b"\x00" + _name(wanted.interface) + b"\x05" + _number(index)))


def _poll(types: int, value: int) -> bytes:
    """`poll: func() -> record { value: u32 }`; `types` are there before it."""
    core = _core_module(value)
    return (b"\x01" + _number(len(core)) + core  # core module 0
            + _section(2, b"\x00\x00\x00")  # instantiated
            + _section(6, b"\x00\x00\x01\x00" + _name("f"))  # its f is core function 0
            + _section(7, b"\x72" + _fields({"value": U32}))
            + _section(11, b"\x00" + _name("reading") + _TYPE_SORT + _number(types) + b"\x00")
            + _section(7, _function({}, _number(types + 1)))
            + _section(8, b"\x00\x00\x00\x00" + _number(types + 2))  # core function 0 lifted
            + _section(11, b"\x00" + _name("poll") + _FUNCTION_SORT + b"\x00\x00"))


def component(value: int | None = None, imports: Iterable[Import] = ()) -> bytes:
    """Its poll() gives {"value": value}, up to 63; without a value it exports nothing."""
    imports = list(imports)
    parts = [_import(i, wanted) for i, wanted in enumerate(imports)]
    if value is not None:
        parts.append(_poll(len(imports), value))
    return b"\0asm\x0d\x00\x01\x00" + b"".join(parts)
