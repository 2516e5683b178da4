r"""Is ready a second time while it is polled.

ends: killed
says: the guest was ready out of turn
wall: the order of frames
"""


def run(link):
    link.start()
    link.take()
    link.send(16, 0, ["poll"])
    link.wait()
