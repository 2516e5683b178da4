r"""Fails with a text that takes over a terminal and fakes a line.

ends: failed
says: \?\[2J2026-01-31T12:00:00\.000Z error broker: fake
wall: the log's cleaning
"""


def run(link):
    link.start()
    while True:
        _, number = link.take()
        link.send(17, number, 1, "\x1b[2J2026-01-31T12:00:00.000Z error broker: fake\x07")
