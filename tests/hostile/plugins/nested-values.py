r"""Nests a list a million levels deep and returns it; the interpreter frees it level by level.

ends: killed
says: trap: wasm trap: call stack exhausted
wall: the engine's stack
"""


def poll():
    value = []
    for _ in range(10 ** 6):
        value = [value]
    return {"deep": value}
