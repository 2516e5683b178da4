r"""Names of ports and devices that lead out of /dev.

ends: harmless
says: "opened": \[\]
wall: the grant, and the rules for such a name
"""
from wit_world.imports import spi, uart

NAMES = ("../etc/passwd", "/etc/passwd", "/dev/mem", "mem", "kmsg", "serial0/../mem", "", ".", "..",
         "spi0.0\0x", "serial0\n", "x" * 300, "%s%n", "~", "tty", "null", "\u202e", "$(reboot)")


def poll():
    opened = []
    for name in NAMES:
        for function, args in ((uart.read_port, (name, 16)), (uart.write_port, (name, b"x")),
                               (uart.set_port_baud, (name, 9600)),
                               (spi.transfer_device, (name, b"x"))):
            try:
                function(*args)
                opened.append(name)
            except Exception:
                pass
    return {"opened": opened}
