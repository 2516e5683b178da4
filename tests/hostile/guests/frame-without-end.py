r"""Begins a frame, and sends a byte of it now and then, for ever.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the deadline
"""
import time


def run(link):
    link.start()
    link.take()
    link.send_raw(b"\x00\x00\x0f\x00")
    while True:
        link.send_raw(b"\x00")
        time.sleep(0.01)
