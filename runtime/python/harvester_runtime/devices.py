"""The host's devices, with the errors that Linux would have given for them.

The stand-ins for smbus2, spidev, serial and RPi.GPIO reach the host through here.
"""
import errno
from typing import Any, Callable, NoReturn

from componentize_py_types import Err
from wit_world.imports import gpio, i2c, spi, uart

if not hasattr(errno, "EREMOTEIO"):
    errno.EREMOTEIO = 121  # type: ignore[attr-defined]  Linux's; WASI has no such error
    errno.errorcode[121] = "EREMOTEIO"

I2C_ERRORS = {
    "NO_ACKNOWLEDGE": (errno.EREMOTEIO, "Remote I/O error: no acknowledge"),
    "BUS": (errno.EIO, "Input/output error: an illegal start or stop, or a line held low"),
    "ARBITRATION_LOSS": (errno.EAGAIN, "another master won the bus"),
    "TIMEOUT": (errno.ETIMEDOUT, "Connection timed out"),
    "NOT_GRANTED": (errno.EACCES, "Permission denied: see `allow_i2c` in {permission_file}"),
    "INVALID": (errno.ENOENT, "No such file or directory"),
}

permission_file = "permission.toml"  # of the plugin that is loaded

# What a text of the host has in it, and the error that it means; the first that fits. The interfaces give only a
# text, so this is the one place that reads it: tests/runtime/test_device_errors.py holds it against the host's texts.
TEXT_ERRORS = (
    ("out of memory", errno.ENOMEM), ("not granted", errno.EACCES), ("may not be used", errno.EACCES),
    ("timeout", errno.ETIMEDOUT), ("no edge within", errno.ETIMEDOUT), ("accepts no data", errno.ETIMEDOUT),
    ("in use", errno.EBUSY), ("busy", errno.EBUSY), ("is held", errno.EBUSY), ("is open already", errno.EBUSY),
    ("drives the LEDs", errno.EBUSY), ("as an interrupt", errno.EBUSY), ("is gone", errno.ENODEV),
    ("no such baud", errno.EINVAL), ("cannot do", errno.EINVAL), ("at most", errno.EINVAL),
    ("without data", errno.EINVAL), ("is an input", errno.EINVAL), ("the chip has", errno.EINVAL),
    ("spidev's buffer", errno.EINVAL), ("too long", errno.EINVAL), ("the limit", errno.EMFILE),
    ("cannot be the name", errno.ENOENT), ("no ", errno.ENOENT), ("not found", errno.ENOENT), ("", errno.EIO),
)


def error_of_text(text: str) -> OSError:
    """The error that a host's text means. OSError makes itself a PermissionError and so on."""
    return OSError(next(code for part, code in TEXT_ERRORS if part in text), text)


def _call(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Err as error:
        text = error.value
    raise error_of_text(text)


def i2c_transfer(bus: int, address: int, data: Any, size: int) -> bytes:
    """Write, then read after a repeated start; either may be empty."""
    try:
        return i2c.write_read(bus, address, data, size)
    except Err as error:
        name = error.value.name
    if name == "INVALID":
        _call(i2c.check_bus, bus)
    code, text = I2C_ERRORS[name]
    raise OSError(code, text.format(permission_file=permission_file),
                  f"/dev/i2c-{bus}" if name == "INVALID" else f"i2c {address:#04x}")


def spi_open(device: str) -> None:
    """Nothing goes out: the host looks at the name and the grant, and then wants data."""
    try:
        spi_transfer(device, b"")
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def spi_transfer(device: str, data: Any) -> bytes:
    """Full duplex: as many bytes come back."""
    return _call(spi.transfer_device, device, data)


def uart_read(port: str, size: int) -> bytes:
    """What has come, without waiting."""
    return _call(uart.read_port, port, size)


def uart_write(port: str, data: Any) -> int:
    """The number of bytes written."""
    return _call(uart.write_port, port, data)


def uart_set_baud(port: str, rate: int) -> None:
    """Also opens the port."""
    _call(uart.set_port_baud, port, rate)


def gpio_read(line: int) -> bool:
    """The level of a line."""
    return _call(gpio.read, line)


def gpio_write(line: int, value: bool) -> None:
    """Drive a line."""
    _call(gpio.write, line, value)


def gpio_set_mode(line: int, mode: str) -> None:
    """A mode by its name, as in `INPUT_PULL_UP`."""
    _call(gpio.set_mode, line, gpio.Mode[mode])


def gpio_edges(line: int, timeout_ms: int, most: int) -> list[Any]:
    """The edges since the last look, or those that come until the time is over."""
    return _call(gpio.capture_edges, line, timeout_ms, most)


def device_name(path: str) -> str:
    """The host's name of a device file: /dev/serial0 is serial0."""
    return path.removeprefix("/dev/")


def refuse(what: str) -> NoReturn:
    """For what the original offers and no host call can do."""
    raise NotImplementedError(f"{what} is not possible in the sandbox")
