r"""Sends a frame of one byte more than the limit.

ends: killed
says: the guest sent a frame of 1048577 bytes, the limit is 1048576: the plugin must return or pass less at once
wall: the limit on a frame
"""


def run(link):
    link.send_raw((2 ** 20 + 1).to_bytes(4, "little") + bytes(2 ** 20 + 1))
    link.wait()
