r"""Sends its list of imports again when it runs.

ends: killed
says: the guest sent its imports out of turn
wall: the order of frames
"""


def run(link):
    link.start()
    link.take()
    link.send(21, 0, [])
    link.wait()
