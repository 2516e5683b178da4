r"""A few bytes that claim an array of 2^60 items.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: claims are checked against the bytes that are there
"""


def run(link):
    link.send_body(b"\x83\x11\x01\x9b\x10\x00\x00\x00\x00\x00\x00\x00")
    link.wait()
