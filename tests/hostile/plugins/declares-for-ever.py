r"""Computes without end when it is asked what its fields mean.

ends: killed
says: loading took longer than its deadline of 0\.5 s and was killed
wall: the deadline of loading, of which describe() is a part
"""


def poll():
    return {"value": 1}


def describe():
    while True:
        pass
