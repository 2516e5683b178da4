"""Sets a kept value to another one without end: each is a flush of the disk.

named: changes|state
grant: poll_interval_seconds = 0.005
"""
from wit_world.imports import state

count = 0


def poll():
    global count
    for _ in range(50):
        count += 1
        state.set("count", str(count).encode() * 100)
    return {"count": count}
