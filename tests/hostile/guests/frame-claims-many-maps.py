r"""A megabyte of heads of maps that each claim as much as there is.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: claims are checked against the bytes that are there
"""


def run(link):
    link.send_body(b"\x83\x11\x01" + b"\xba\x00\x01\x00\x00" * 200_000)
    link.wait()
