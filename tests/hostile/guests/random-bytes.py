r"""Sends noise.

ends: killed
says: the guest sent a frame of \d+ bytes(, the limit is 1048576| that is no CBOR)
wall: the broker reads frames as a stranger's
"""


def run(link):
    link.send_raw(bytes(i * 167 % 251 for i in range(1, 5000)))
    link.wait()
