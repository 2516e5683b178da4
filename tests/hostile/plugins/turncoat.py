r"""Polls well twice, and then rewrites itself into a loop.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline, for each poll anew
"""
count = 0


def poll():
    global count
    count += 1
    if count == 3:
        exec("while True: pass")
    return {"count": count}
