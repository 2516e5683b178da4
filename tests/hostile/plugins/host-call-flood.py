r"""One host call more than a poll may make.

ends: killed
says: the guest made more than 10000 host calls in one call
wall: the count of host calls
"""
from wit_world.imports import system_info


def poll():
    for _ in range(10_001):
        system_info.get_uptime()
    return {"done": True}
