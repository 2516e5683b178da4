r"""Nine thousand host calls in each poll, which is allowed.

ends: harmless
says: "done": true
wall: the broker's loop, which takes turns
"""
from wit_world.imports import system_info


def poll():
    for _ in range(3000):
        system_info.get_uptime()
        system_info.get_memory_usage()
        system_info.get_cpu_usage()
    return {"done": True}
