r"""Raises an exception with a hundred thousand causes.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed|trap: .*
wall: the broker's deadline
"""


def poll():
    error = ValueError("first")
    for _ in range(100_000):
        second = ValueError("cause")
        second.__cause__ = error
        error = second
    raise error
