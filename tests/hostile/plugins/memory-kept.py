r"""Fills its memory, survives that, and keeps all of it between its polls.

ends: failed
says: MemoryError
wall: the store's limit on linear memory
"""
kept = []


def poll():
    size = 2 ** 20
    while size > 256:  # without anything at all the interpreter can only abort
        try:
            kept.append(bytearray(size))
        except MemoryError:
            size //= 2
    return {"kept": [0] * 1000}
