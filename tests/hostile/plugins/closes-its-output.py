r"""Closes its standard descriptors and goes on printing.

ends: harmless
says: "done": true
wall: a descriptor of WASI is none of the process
"""
import os
import sys


def poll():
    for fd in range(3):
        try:
            os.close(fd)
        except OSError:
            pass
    try:
        print("still here")
        sys.stdout.flush()
    except (OSError, ValueError):
        pass
    return {"done": True}
