r"""Loops where the interpreter frees an object.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


class Last:
    def __del__(self):
        while True:
            pass


def poll():
    Last()
    return {"value": 1}
