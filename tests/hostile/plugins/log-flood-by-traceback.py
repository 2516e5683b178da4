r"""An error with thousands of lines, another one at each poll.

ends: failed
says: ValueError|line \d+
wall: the count of lines a second
"""
count = 0


def poll():
    global count
    count += 1
    raise ValueError("\n".join(f"flood {i}" for i in range(3000)) + f"\n{count}")
