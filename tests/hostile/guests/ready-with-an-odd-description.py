r"""Is ready with something that is no description of fields.

ends: killed
says: the guest sent a malformed description
wall: the form of the frame, which is checked before anything is read from it
"""


def run(link):
    link.send(21, 0, [])
    link.take()
    link.send(16, 0, ["poll"], ["no outcome"])
    link.wait()
