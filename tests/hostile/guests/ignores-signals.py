r"""Blocks every signal and loops.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the deadline; SIGKILL
"""
import signal


def run(link):
    link.start()
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    link.take()
    while True:
        pass
