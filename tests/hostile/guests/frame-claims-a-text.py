r"""A few bytes that claim a text of 2^63 bytes.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: claims are checked against the bytes that are there
"""


def run(link):
    link.send_body(b"\x83\x11\x01\x7b\x80\x00\x00\x00\x00\x00\x00\x00")
    link.wait()
