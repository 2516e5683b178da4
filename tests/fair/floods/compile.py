"""A component that takes the compiler very long for its size.

named: compil
late: component
"""
from pathlib import Path
from random import Random

import components
from placing import put

VARIABLES = 2500  # a second or two; the time grows with the square
I32_LOAD, I32_ADD = b"\x28\x02\x00", b"\x6a"


def variable(operation: int, index: int) -> bytes:
    """Get or set one."""
    return bytes([operation]) + components._number(index)


def place(folder: Path, name: str, chance: Random) -> None:
    """Variables that are all in use at once; one number is of its own, so that none is in the cache."""
    get, put_ = components.LOCAL_GET, components.LOCAL_SET
    code = b"".join(components._constant(4 * i) + I32_LOAD + variable(put_, i) for i in range(VARIABLES))
    code += b"".join(variable(get, i) + variable(get, i * 7919 % VARIABLES) + I32_ADD + variable(put_, i)
                     for i in range(VARIABLES))
    code += components._constant(chance.randrange(1 << 31))
    code += b"".join(variable(get, i) + I32_ADD for i in range(VARIABLES))
    put(folder / f"{name}.wasm", components._component(components._core(code, locals_=VARIABLES)))
