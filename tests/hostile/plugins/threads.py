r"""Starts threads, timers and executors that would go on after the poll.

ends: harmless
says: "started": 0
wall: the sandbox has one thread
"""
import threading


def poll():
    started = 0
    for _ in range(50):
        try:
            threading.Thread(target=poll, daemon=True).start()
            started += 1
        except Exception:
            pass
    return {"started": started}
