r"""Sends a frame of no bytes.

ends: killed
says: the guest sent a frame of 0 bytes that is not CBOR, or has too many items or levels
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.send_raw(bytes(4))
    link.wait()
