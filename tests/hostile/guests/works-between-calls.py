r"""Answers each poll well and at once, and works for its own ends until the next one.

ends: killed
says: used too much processor time while nobody called it
wall: the broker counts what a process uses while no call is under way
"""
import select


def run(link):
    link.start()
    while True:
        if select.select([link.socket], [], [], 0)[0]:
            link.answer(link.take()[1], {"value": 1})
