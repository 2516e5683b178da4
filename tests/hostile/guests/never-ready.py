r"""Says nothing at all.

ends: killed
says: loading took longer than its deadline of 0\.5 s and was killed
wall: the deadline
"""


def run(link):
    link.sleep()
