r"""Raises an exception with a hundred thousand causes.

ends: failed
says: its text cannot be shown|RecursionError|cause
wall: the runtime's error texts
"""


def poll():
    error = ValueError("first")
    for _ in range(100_000):
        second = ValueError("cause")
        second.__cause__ = error
        error = second
    raise error
