r"""Sends each byte of its frames by itself; that is allowed.

ends: harmless
says: "value": 1
wall: the broker waits for no guest
"""


def run(link):
    link.slow = True
    link.serve(lambda: {"value": 1})
