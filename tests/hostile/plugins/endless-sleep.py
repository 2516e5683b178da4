r"""Sleeps for an hour inside the engine's own clock.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""
import time


def poll():
    time.sleep(3600)
