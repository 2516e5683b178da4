r"""Stops itself, so that no signal but one can end it.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the deadline; SIGKILL
"""
import os
import signal


def run(link):
    link.start()
    link.take()
    os.kill(os.getpid(), signal.SIGSTOP)
