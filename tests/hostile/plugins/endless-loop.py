r"""Never comes back from a poll.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""


def poll():
    while True:
        pass
