r"""A frame that is no array, and one whose type is a text.

ends: killed
says: the guest sent a frame that does not begin with its type and id
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.send_body(b"\x82\x61a\x61b")
    link.wait()
