r"""Answers polls that nobody asked for.

ends: killed
says: the guest sent an unexpected answer
wall: the ids and the order of frames
"""


def run(link):
    link.start()
    link.take()
    link.answer(1, {"value": 1})
    link.answer(2, {"value": 666})
    link.wait()
