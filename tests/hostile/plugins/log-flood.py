r"""Prints without end.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the count of lines a second
"""


def poll():
    while True:
        print("x" * 200)
