r"""Sends signals to everybody, sets alarms and handlers.

ends: harmless
says: "done": \[\]
wall: WASI has no signals; seccomp behind it
"""
import os


def alarm():
    import signal
    signal.alarm(1)


def timer():
    import signal
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)


def poll():
    done = []
    for name, way in (("kill all", lambda: os.kill(-1, 9)),
                      ("kill parent", lambda: os.kill(os.getppid(), 9)),
                      ("kill broker", lambda: os.kill(1, 9)), ("killpg", lambda: os.killpg(0, 9)),
                      ("alarm", alarm), ("timer", timer)):
        try:
            way()
            done.append(name)
        except Exception:
            pass
    return {"done": done}
