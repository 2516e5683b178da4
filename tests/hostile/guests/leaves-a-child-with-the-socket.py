r"""Ends, and leaves a child that keeps its socket open.

ends: killed
says: the guest process ended
wall: seccomp forbids the fork; the broker closes the socket of one that is gone
"""
import os
import select


def run(link):
    link.start()
    link.take()
    if os.fork():
        os._exit(5)
    os.setsid()
    poll = select.poll()
    poll.register(3, 0)
    poll.poll()  # until the broker hangs up
    os._exit(0)
