"""Computes without end.

named: took longer than its deadline
grant: deadline_seconds = 2
"""


def poll():
    while True:
        pass
