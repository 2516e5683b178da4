r"""Opens files that exist on every machine, its own source, and the broker's memory.

ends: harmless
says: "read": \[\]
wall: no directory is given to WASI
"""
import io
import os
import pathlib

PATHS = ("/etc/passwd", "/proc/self/mem", "/proc/self/maps", "/proc/1/environ", "/dev/mem", "/",
         "/dev/null", "/proc/self/fd/3", __file__, ".", "plugin.py", "../../../../etc/passwd",
         "/etc/../etc/passwd", "/tmp", "~/.ssh/id_rsa", "/sys/class/gpio/export")
OPENERS = (open, io.FileIO, os.listdir, os.scandir, os.stat, os.lstat, os.readlink,
           lambda path: os.open(path, os.O_RDONLY), lambda path: pathlib.Path(path).read_bytes(),
           lambda path: list(pathlib.Path(path).rglob("*"))[0], lambda path: os.listxattr(path))


def poll():
    read = []
    for path in PATHS:
        for number, opener in enumerate(OPENERS):
            try:
                opener(path)
                read.append(f"{number} {path}")
            except Exception:
                pass
    return {"read": read}
