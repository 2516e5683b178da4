r"""Calls functions with too few and too many arguments.

ends: killed
says: the guest made .*: the arguments do not match its type
wall: the broker reads frames as a stranger's
grant: allow_buzzer = true
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/buzzer-controller@0.1.0", "beep", *range(20_000))
    link.wait()
