r"""Returns a dict whose items never end, which the runtime walks through.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


class _Endless(dict):
    def items(self):
        while True:
            yield "a", 1


def poll():
    return _Endless()
