r"""Answers with the id of another call.

ends: killed
says: the guest sent an unexpected answer
wall: the ids and the order of frames
"""


def run(link):
    link.start()
    link.take()
    link.answer(2 ** 63, {"value": 666})
    link.wait()
