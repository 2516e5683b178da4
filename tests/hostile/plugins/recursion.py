r"""Calls itself for ever.

ends: failed
says: RecursionError: maximum recursion depth exceeded
wall: the interpreter's own limit
"""


def poll():
    return poll()
