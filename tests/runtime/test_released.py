"""An error of a host call is freed when it has been handled, without the garbage collector."""
import gc
import sys
import weakref
from typing import Any

import fake
import pytest
from conftest import Runtime

CALLS = {
    "gpio_provider.read_dht22": ("gpio_provider.read_dht22(4)", "refused"),
    "spi.transfer": ("spi.transfer(b'1')", "refused"),
    "one_wire.devices": ("one_wire.devices()", "refused"),
    "i2c.write_read": ("i2c.write_read(1, 0x23, b'', 2)", "NOT_GRANTED"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_handled_error_is_freed_at_once(runtime: Runtime, name: str) -> None:
    call, reason = CALLS[name]
    made: list[weakref.ref[fake.Err]] = []
    cases = sys.modules["wit_world.imports.i2c"].I2cError

    def refuse(*_args: Any) -> None:
        """As the generated functions do, it holds what it raises in a variable."""
        error = fake.Err(cases[reason] if name.startswith("i2c") else reason)
        made.append(weakref.ref(error))
        raise error
    runtime.host.answers[name] = refuse
    runtime.load("from wit_world.imports import gpio_provider, i2c, one_wire, spi\n"
                 f"def poll():\n    try:\n        {call}\n    except Exception:\n        return None\n")
    gc.disable()
    try:
        runtime.poll()
        assert [error() for error in made] == [None]
    finally:
        gc.enable()
