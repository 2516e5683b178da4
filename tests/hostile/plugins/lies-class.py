r"""Returns objects whose class, fields and length are lies.

ends: failed
says: .+
wall: the runtime's checks; the broker's behind them
"""


class Liar:
    @property
    def __class__(self):
        return dict

    @property
    def __dict__(self):
        raise SystemExit

    def items(self):
        return [("a", Number()), ("b", self)]

    def __len__(self):
        return 2 ** 62


class Number(int):
    def __int__(self):
        return 2 ** 70

    def __le__(self, other):
        return True

    __ge__ = __le__


def poll():
    return Liar()
