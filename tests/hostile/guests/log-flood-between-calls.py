r"""Sends lines for the log as fast as the socket takes them, between its polls.

ends: killed
says: the guest logged a line outside a call
wall: the order of frames
"""


def run(link):
    link.start()
    link.take()
    link.answer(1, {"value": 1})
    lines = link.frame(20, 1, b"flood" * 20) * 200
    while True:
        link.send_raw(lines)
