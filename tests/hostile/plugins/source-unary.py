r"""A source that nests without brackets, which the parser does not count.

ends: killed
says: (trap: .*|RecursionError.*|MemoryError.*)
wall: the engine's stack
"""


def poll():
    exec("x = " + "-" * 1_000_000 + "1")
