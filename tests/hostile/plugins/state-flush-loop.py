r"""Sets a kept value to another one without end: each is a flush of the disk.

ends: failed
says: state was written too often
wall: changes a second by plugin
"""
from wit_world.imports import state

count = 0


def poll():
    global count
    for _ in range(200):
        count += 1
        state.set("count", str(count).encode() * 100)
    return {"count": count}
