r"""Answers each poll well and at once, and works for its own ends until the next one.

ends: killed
says: used too much processor time between two calls
wall: the broker counts what a process uses while no call is under way
"""
import hashlib
import threading

THREADS = 8  # so that it gets its share of a busy machine too
BLOCK = bytes(1 << 20)  # hashed without the interpreter's lock


def work():
    while True:
        hashlib.sha256(BLOCK)


def run(link):
    for _ in range(THREADS):
        threading.Thread(target=work, daemon=True).start()
    link.serve(lambda: {"value": 1})
