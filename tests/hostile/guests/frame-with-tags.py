r"""Tags in tags: big numbers, dates, CBOR in CBOR.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: such items are refused
"""


def run(link):
    link.send_body(b"\x83\xc1\x11\xd8\x18\x01\xc2\x49\x01" + bytes(8))
    link.wait()
