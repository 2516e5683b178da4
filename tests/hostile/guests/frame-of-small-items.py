r"""A megabyte of the smallest items, each of which costs the reader a hundred bytes.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: the limit on the items of a frame
"""


def run(link):
    link.start()
    while True:
        link.send_body(b"\x84\x11\x01\xf5\x9a" + (10 ** 6).to_bytes(4, "big") + bytes(10 ** 6))
        link.take()
