r"""Returns strings that say they are good, and are made of half characters and zeros.

ends: killed
says: trap: .*
wall: the component's own types
"""


class Text(str):
    def encode(self, *args, **named):
        return b""

    def __contains__(self, other):
        return False

    def __str__(self):
        return "\ud800\0"


def poll():
    return {Text("name"): Text("\ud800\0")}
