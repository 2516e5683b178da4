r"""Sets the time of the machine.

ends: harmless
says: "done": \[\]
wall: WASI has no such call; seccomp behind it
"""
import time


def poll():
    done = []
    for way in (lambda: time.clock_settime(time.CLOCK_REALTIME, 0), lambda: time.tzset(),
                lambda: time.clock_settime_ns(0, 0)):
        try:
            way()
            done.append("set")
        except Exception:
            pass
    return {"done": done}
