r"""Takes the interpreter's limit away, and then recurses through its C code.

ends: killed
says: trap: wasm trap: .*
wall: the engine's stack
"""
import sys


def poll():
    sys.setrecursionlimit(2 ** 31 - 1)
    value = []
    for _ in range(10 ** 6):
        value = [value]
    return {"text": len(repr(value))}
