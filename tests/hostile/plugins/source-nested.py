r"""A source whose expression is a hundred thousand levels deep.

ends: killed
says: trap: wasm trap: call stack exhausted
wall: the engine's stack
"""


def poll():
    exec("x = " + "(" * 100_000 + ")" * 100_000)
