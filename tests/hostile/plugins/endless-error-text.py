r"""Raises an exception whose text never ends to be made.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


class Odd(Exception):
    def __str__(self):
        while True:
            pass


def poll():
    raise Odd()
