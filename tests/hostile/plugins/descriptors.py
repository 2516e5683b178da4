r"""Reads, writes, copies and closes the descriptors that it may have, the host's socket among them.

ends: harmless
says: "done": \[\]
wall: a descriptor of WASI is none of the process
"""
import os


def poll():
    done = []
    for fd in range(3, 64):
        for way in (lambda: os.read(fd, 1), lambda: os.write(fd, b"\xff\xff\xff\xff"),
                    lambda: os.dup(fd), lambda: os.fstat(fd), lambda: os.lseek(fd, 0, 0),
                    lambda: os.fdopen(fd), lambda: os.ftruncate(fd, 0)):
            try:
                way()
                done.append(fd)
            except Exception:
                pass
    return {"done": done}
