r"""A frame of a type that does not exist.

ends: killed
says: the guest sent a frame of an unknown type
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.send(2 ** 64 - 1, 2 ** 64 - 1, ["x"])
    link.wait()
