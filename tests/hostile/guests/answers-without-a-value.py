r"""Answers with too few items.

ends: killed
says: the guest sent an unexpected answer
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.start()
    _, number = link.take()
    link.send(17, number)
    link.wait()
