"""The older smbus, over the i2c addresses that the plugin was granted."""
from typing import Any

import smbus2


class SMBus(smbus2.SMBus):
    """The same calls; a bus is given by its number, and -1 is none."""

    def __init__(self, bus: int = -1) -> None:
        super().__init__(None if bus == -1 else bus)

    def write_quick(self, addr: int) -> None:  # type: ignore[override]
        """An address with nothing behind it."""
        super().write_quick(addr)

    def read_i2c_block_data(self, addr: int, cmd: int, len: int = 32,  # type: ignore[override]
                            *unused: Any) -> list[int]:
        """So many bytes, 32 if not said otherwise."""
        return super().read_i2c_block_data(addr, cmd, len)
