"""mqtt-io as it is, with its own module bh1750: only the i2c bus that smbus2 opens is the simulated one.

Arguments: the simulated bus, mqtt-io's configuration.
"""
import os
import sys
import types
from typing import Any

import simulated
from mqtt_io.__main__ import main
from smbus2 import i2c_msg, smbus2

addresses: dict[int, int] = {}  # by the descriptor, as i2c-dev keeps them


def ioctl(fd: int, request: int, data: Any) -> None:
    """Take the place of fcntl.ioctl() for what read_i2c_block_data() needs: one write, then a read after a repeated start."""
    if request == smbus2.I2C_SLAVE:
        addresses[fd] = data
    elif request == smbus2.I2C_SMBUS:
        assert (data.read_write, data.size) == (smbus2.I2C_SMBUS_READ, smbus2.I2C_SMBUS_I2C_BLOCK_DATA)
        block = data.data.contents.block
        answer = i2c_msg.read(addresses[fd], block[0])
        write = i2c_msg.write(addresses[fd], [data.command])
        simulated.ioctl(fd, smbus2.I2C_RDWR, smbus2.i2c_rdwr_ioctl_data.create(write, answer))
        block[1:1 + len(answer)] = list(answer)
    else:
        assert request == smbus2.I2C_FUNCS


simulated.open_bus()
setattr(smbus2, "ioctl", ioctl)
setattr(smbus2, "os", types.SimpleNamespace(open=lambda _, flags: os.open(os.devnull, flags), close=os.close, O_RDWR=os.O_RDWR))
del sys.argv[1]
main()
