r"""A list of imports of the wrong kinds.

ends: killed
says: a malformed list of imports
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.send(21, 0, [["x" * 100_000, 5, None], 7, [], [[]]])
    link.wait()
