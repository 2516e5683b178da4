r"""Items of indefinite length, which never have to end.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: such items are refused
"""


def run(link):
    link.send_body(b"\x9f\x11\x01\x9f\x9f\x9f")
    link.wait()
