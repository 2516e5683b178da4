r"""A number of millions of digits, computed inside the interpreter's C code.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


def poll():
    return {"number": 3 ** (3 ** 17) % 10}
