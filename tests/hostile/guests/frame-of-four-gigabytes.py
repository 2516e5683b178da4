r"""Announces a frame of four gigabytes.

ends: killed
says: the guest sent a frame of 4294967295 bytes, the limit is 1048576: the plugin must return or pass less at once
wall: the limit on a frame
"""


def run(link):
    link.send_raw(b"\xff\xff\xff\xff" + bytes(100))
    link.wait()
