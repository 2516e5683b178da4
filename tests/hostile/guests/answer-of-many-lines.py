r"""Fails with a text of half a million lines, others each time.

ends: failed
says: flood
wall: the count of lines a second
"""


def run(link):
    link.start()
    while True:
        _, number = link.take()
        link.send(17, number, 1, "flood\n" * 160_000 + str(number))
