r"""Sends lines for the log as fast as the socket takes them, inside a poll.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the count of lines a second; the deadline
"""


def run(link):
    link.start()
    link.take()
    lines = link.frame(20, 2 ** 64 - 1, b"\x1b[2J\xff\0flood" * 50) * 200
    while True:
        link.send_raw(lines)
