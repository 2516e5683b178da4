"""An smbus2 bus whose ioctl() goes to the simulated bus: the library that is argument 1."""
import ctypes
import sys

import smbus2.smbus2

library = ctypes.CDLL(sys.argv[1])


def ioctl(fd: int, request: int, data: smbus2.smbus2.i2c_rdwr_ioctl_data) -> None:
    """Take the place of fcntl.ioctl() for I2C_RDWR, the only request that is made here."""
    assert request == smbus2.smbus2.I2C_RDWR
    if library.sim_bus_transfer(data.msgs, data.nmsgs):
        raise OSError(121, "Remote I/O error")


def open_bus() -> smbus2.SMBus:
    """The bus, opened."""
    setattr(smbus2.smbus2, "ioctl", ioctl)
    if library.sim_bus_open():
        raise OSError("the simulated bus does not open")
    return smbus2.SMBus()
