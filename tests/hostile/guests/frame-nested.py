r"""Nests arrays half a million levels deep.

ends: killed
says: the guest sent a frame of \d+ bytes that is not CBOR, or has too many items or levels
wall: the limit on levels, before memory is spent
"""


def run(link):
    link.start()
    link.take()
    link.send_body(b"\x81" * 500_000 + b"\x00")
    link.wait()
