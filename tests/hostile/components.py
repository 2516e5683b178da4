"""Attacks by WebAssembly itself, where Python does not reach: components written by hand.

Encoding: https://webassembly.github.io/spec/core/binary and
https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
"""
from pathlib import Path

import wasm
from placing import put_single

I32, VOID = 0x7F, 0x40
LOCAL_GET, LOCAL_SET, LOOP, BR, BR_IF, CALL, DROP, END = (
    0x20, 0x21, 0x03, 0x0C, 0x0D, 0x10, 0x1A, 0x0B)


def _number(value: int) -> bytes:
    """LEB128, unsigned."""
    low, value = value & 0x7F, value >> 7
    return bytes([low]) if not value else bytes([low | 0x80]) + _number(value)


def _constant(value: int) -> bytes:
    """i32.const, with LEB128 of the signed number."""
    value = value - 2 ** 32 if value >= 2 ** 31 else value
    out = b"\x41"
    while True:
        low, value = value & 0x7F, value >> 7
        if (value, low & 0x40) in ((0, 0), (-1, 0x40)):
            return out + bytes([low])
        out += bytes([low | 0x80])


def _section(number: int, *items: bytes) -> bytes:
    content = _number(len(items)) + b"".join(items)
    return bytes([number]) + _number(len(content)) + content


def _core(code: bytes, locals_: int = 0, memory: tuple[int, ...] = (1,), table: int = 0,
          starts: bool = False) -> bytes:
    """(module (func (export "f") (result i32) …)) with a memory "m" and maybe a table; `starts`:
    the same code, whose result is dropped, runs when it is instantiated.
    """
    declared = bytes([1]) + _number(locals_) + bytes([I32]) if locals_ else bytes([0])
    bodies = [declared + code + bytes([END])]
    types = [b"\x60\x00\x01\x7f", b"\x60\x00\x00"]
    functions = [b"\x00"]
    if starts:
        functions.append(b"\x01")
        bodies.append(bytes([0, CALL, 0, DROP, END]))
    limits = bytes([len(memory) - 1]) + b"".join(map(_number, memory))
    return b"".join((
        b"\0asm\x01\x00\x00\x00", _section(1, *types), _section(3, *functions),
        _section(4, b"\x70\x00" + _number(table)), _section(5, limits),
        _section(7, b"\x01f\x00\x00", b"\x01m\x02\x00"),
        bytes([8, 1, 1]) if starts else b"",  # the start section: function 1
        _section(10, *(_number(len(body)) + body for body in bodies))))


def _component(core: bytes, result: bytes = wasm.U32) -> bytes:
    """`poll: func() -> RESULT`, by the module's f and m."""
    declared = [] if len(result) == 1 else [result]
    named = result if not declared else b"\x00"
    return b"".join((
        b"\0asm\x0d\x00\x01\x00", b"\x01" + _number(len(core)) + core, _section(2, b"\x00\x00\x00"),
        _section(6, b"\x00\x00\x01\x00\x01f"), _section(6, b"\x00\x02\x01\x00\x01m"),
        _section(7, *declared, b"\x40\x00\x00" + named),
        _section(8, b"\x00\x00\x00\x02\x00\x03\x00" + _number(len(declared))),  # utf8, memory 0
        _section(11, b"\x00\x04poll\x01\x00\x00")))


def _forever() -> bytes:
    return bytes([LOOP, VOID, BR, 0, END]) + _constant(0)


def loop(folder: Path, grant: str) -> None:
    r"""A loop without a single call.

    ends: killed
    says: poll\(\) took longer than its deadline of 0\.5 s and was killed
    wall: the broker's deadline
    """
    put_single(folder, "loop.wasm", _component(_core(_forever())), grant)


def loop_at_start(folder: Path, grant: str) -> None:
    r"""A loop in the module's start function, before anything is called.

    ends: killed
    says: loading took longer than its deadline of 0\.5 s and was killed
    wall: the broker's deadline
    """
    put_single(folder, "loop-at-start.wasm", _component(_core(_forever(), starts=True)), grant)


def memory_at_start(folder: Path, grant: str) -> None:
    r"""Declares four gigabytes of memory.

    ends: refused
    says: memory minimum size of 65536 pages exceeds memory limits
    wall: the store's limit on linear memory
    """
    put_single(folder, "memory-at-start.wasm",
               _component(_core(_constant(0), memory=(65536,))), grant)


def memory_touched(folder: Path, grant: str) -> None:
    r"""Grows its memory page by page, until it is refused, and writes to all of it in each poll.

    ends: killed
    says: trap: .*out of bounds memory access
    wall: the store's limit on linear memory
    """
    # grow by 1 until that gives -1; then write behind the end
    code = bytes([LOOP, VOID]) + _constant(1) + b"\x40\x00" + _constant(0xFFFFFFFF) + bytes(
        [0x47, BR_IF, 0, END, LOOP, VOID, LOCAL_GET, 0]) + _constant(1) + bytes(
        [0x36, 2, 0, LOCAL_GET, 0]) + _constant(4096) + bytes(
        [0x6A, LOCAL_SET, 0, BR, 0, END]) + _constant(0)
    put_single(folder, "memory-touched.wasm", _component(_core(code, locals_=1)), grant)


def table_growth(folder: Path, grant: str) -> None:
    r"""Grows its table to four thousand million entries, by a million at a time.

    ends: killed
    says: (the guest process .*|used \d+ MB, its limit is \d+ MB|trap: .*|.*took longer.*)
    wall: the limit on the process's memory
    """
    code = bytes([LOOP, VOID, 0xD0, 0x70]) + _constant(1_000_000) + b"\xfc\x0f\x00" + _constant(
        0xFFFFFFFF) + bytes([0x47, BR_IF, 0, END, 0x00])
    put_single(folder, "table-growth.wasm", _component(_core(code)), grant)


def table_at_start(folder: Path, grant: str) -> None:
    r"""Declares a table of ten million entries.

    ends: refused
    says: (table|the guest process|out of memory|exceeds).*
    wall: the limit on tables
    """
    put_single(folder, "table-at-start.wasm",
               _component(_core(_constant(0), table=10_000_000)), grant)


def instances(folder: Path, grant: str) -> None:
    r"""Instantiates its module twenty thousand times.

    ends: refused
    says: .*instance.*
    wall: the engine's limit on instances
    """
    core = _core(_constant(0))
    component = b"".join((b"\0asm\x0d\x00\x01\x00", b"\x01" + _number(len(core)) + core,
                          _section(2, *[b"\x00\x00\x00"] * 20_000)))
    put_single(folder, "instances.wasm", component, grant)


def stack(folder: Path, grant: str) -> None:
    r"""Calls itself for ever.

    ends: killed
    says: trap: .*call stack exhausted
    wall: the engine's stack
    """
    put_single(folder, "stack.wasm", _component(_core(bytes([CALL, 0]))), grant)


def unreachable(folder: Path, grant: str) -> None:
    r"""Executes what cannot be.

    ends: killed
    says: trap: .*unreachable
    wall: the engine's traps
    """
    put_single(folder, "unreachable.wasm", _component(_core(b"\x00")), grant)


def division_by_zero(folder: Path, grant: str) -> None:
    r"""Divides by zero.

    ends: killed
    says: trap: .*divide by zero
    wall: the engine's traps
    """
    code = _constant(1) + _constant(0) + b"\x6d"
    put_single(folder, "division-by-zero.wasm", _component(_core(code)), grant)


def memory_outside(folder: Path, grant: str) -> None:
    r"""Reads four gigabytes behind its memory.

    ends: killed
    says: trap: .*out of bounds memory access
    wall: the engine's checks
    """
    code = _constant(0xFFFFFFFF) + b"\x28\x00" + _number(0xFFFFFFF0)
    put_single(folder, "memory-outside.wasm", _component(_core(code)), grant)


def _points(pointer: int, size: int, memory: tuple[int, ...] = (1,)) -> bytes:
    """A module whose f gives a list or a string at `pointer` of `size` items."""
    code = (_constant(0) + _constant(pointer) + b"\x36\x02\x00"
            + _constant(4) + _constant(size) + b"\x36\x02\x00" + _constant(0))
    return _core(code, memory=memory)


def string_outside(folder: Path, grant: str) -> None:
    r"""Returns a string that lies behind its memory.

    ends: killed
    says: trap: .*(out of bounds|outside)
    wall: the engine's checks of values
    """
    put_single(folder, "string-outside.wasm",
               _component(_points(0xFFFFFF00, 0xFFFFFFFF), wasm.STRING), grant)


def string_no_text(folder: Path, grant: str) -> None:
    r"""Returns a string that is no UTF-8.

    ends: killed
    says: trap: .*utf-8
    wall: the engine's checks of values
    """
    code = (_constant(16) + _constant(0xFFFEFDFC) + b"\x36\x02\x00" + _constant(0) + _constant(16)
            + b"\x36\x02\x00" + _constant(4) + _constant(4) + b"\x36\x02\x00" + _constant(0))
    put_single(folder, "string-no-text.wasm", _component(_core(code), wasm.STRING), grant)


def list_outside(folder: Path, grant: str) -> None:
    r"""Returns a list of four thousand million numbers.

    ends: killed
    says: trap: .*(out of bounds|too|overflow).*
    wall: the engine's checks of values
    """
    put_single(folder, "list-outside.wasm",
               _component(_points(0, 0xFFFFFFFF), b"\x70" + wasm.U64), grant)


def list_of_its_memory(folder: Path, grant: str) -> None:
    r"""Returns all of its 60 MB as a list of bytes, of which the engine makes 32 bytes each.

    ends: killed
    says: trap: too much data is being copied between the host and the guest
    wall: the engine's limit on what a call copies
    """
    put_single(folder, "list-of-its-memory.wasm",
               _component(_points(8, 60_000_000, memory=(960,)), b"\x70" + wasm.U8), grant)


def list_of_strings(folder: Path, grant: str) -> None:
    r"""Returns a million strings that all lie at the same place.

    ends: killed
    says: (the guest process .*|used \d+ MB, its limit is \d+ MB)|trap: .*
    wall: the limit on the process's memory
    """
    core = _points(0, 500_000, memory=(128,))
    put_single(folder, "list-of-strings.wasm", _component(core, b"\x70" + wasm.STRING), grant)


def wrong_record(folder: Path, grant: str) -> None:
    r"""Exports a poll whose result is no record at all.

    ends: failed
    says: .*(expected|no reading|object).*
    wall: the broker's checks of readings
    """
    put_single(folder, "wrong-record.wasm", _component(_core(_constant(7)), wasm.U32), grant)


def missing_export(folder: Path, grant: str) -> None:
    r"""Exports no function that the host calls.

    ends: refused
    says: exports no poll\(\), render\(string\) or update\(string\)
    wall: the rule of what is called
    """
    component = _component(_core(_constant(7))).replace(b"\x04poll\x01", b"\x04pull\x01")
    put_single(folder, "missing-export.wasm", component, grant)


def foreign_import(folder: Path, grant: str) -> None:
    r"""Imports a function that this host does not have.

    ends: refused
    says: imports evil:host/escape@0\.1\.0#run, which this host does not have
    wall: the list of imports, before any of its code runs
    """
    wanted = wasm.Import("evil:host/escape@0.1.0", "run", {}, wasm.U32)
    put_single(folder, "foreign-import.wasm", wasm.component(1, [wanted]), grant)


def lying_import(folder: Path, grant: str) -> None:
    r"""Imports a function of the host with a type of its own.

    ends: refused
    says: imports demo:plugin/fan-controller@0\.2\.0#set-fan as func\(on: u64\), this host has
    wall: the list of imports, before any of its code runs
    """
    wanted = wasm.Import("demo:plugin/fan-controller@0.2.0", "set-fan", {"on": wasm.U64}, None)
    put_single(folder, "lying-import.wasm", wasm.component(1, [wanted]), grant)


def truncated(folder: Path, grant: str) -> None:
    r"""Ends in the middle of a section.

    ends: refused
    says: truncated\.wasm: .*
    wall: the compiler's own process
    """
    put_single(folder, "truncated.wasm", _component(_core(_constant(0)))[:-20], grant)


def nested_blocks(folder: Path, grant: str) -> None:
    r"""Nests a hundred thousand blocks in one function, for the compiler's stack.

    ends: refused
    says: nested-blocks\.wasm: .*|the compiler .*|nesting.*|trap.*|compiling took.*
    wall: the compiler's own process
    """
    depth = 100_000
    code = bytes([0x02, VOID]) * depth + bytes([END]) * depth + b"\x00"
    put_single(folder, "nested-blocks.wasm", _component(_core(code)), grant)


def artifact_as_component(folder: Path, grant: str) -> None:
    r"""Native code in the form of a compiled component, to be mapped as it is.

    ends: refused
    says: artifact-as-component\.wasm is not a WebAssembly file
    wall: only what the host's own compiler made is mapped
    """
    put_single(folder, "artifact-as-component.wasm", b"\x7fELF\x02\x01\x01" + bytes(5000), grant)
