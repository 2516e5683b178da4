r"""Raises an exception that raises when it is asked for its text.

ends: failed
says: Odd: <exception str\(\) failed>
wall: the runtime's error texts
"""


class Odd(BaseException):
    def __str__(self):
        raise SystemExit(self)

    __repr__ = __str__


def poll():
    raise Odd()
