r"""Says that it has forked a process: the broker's parent.

ends: killed
says: the guest sent a frame of an unknown type
wall: only the template is asked to fork
"""
import os


def run(link):
    link.start()
    link.send(19, 1, os.getppid())
    link.wait()
