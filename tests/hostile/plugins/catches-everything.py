r"""Catches whatever could end its loop.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


def poll():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
        finally:
            continue
