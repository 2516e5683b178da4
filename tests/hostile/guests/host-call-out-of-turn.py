r"""Calls the host while nobody has called it.

ends: killed
says: the guest made a host call outside a call
wall: the order of frames
"""
import time


def run(link):
    link.start()
    link.take()
    link.answer(1, {"value": 1})
    time.sleep(0.05)
    link.host(1, "harvester:plugin/system-info@0.1.0", "get-uptime")
    link.wait()
