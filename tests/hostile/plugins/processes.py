r"""Starts processes and programs, and becomes one.

ends: harmless
says: "done": \[\]
wall: WASI has no processes; seccomp behind it
"""
import os


def run():
    import subprocess
    return subprocess.run(["id"], check=False)


def pool():
    import multiprocessing
    return multiprocessing.Process(target=print).start()


def fork_exec():
    import _posixsubprocess
    return _posixsubprocess.fork_exec()


def poll():
    done = []
    for name, way in (("fork", lambda: os.fork()), ("system", lambda: os.system("id")),
                      ("execv", lambda: os.execv("/bin/sh", ["sh"])),
                      ("popen", lambda: os.popen("id")),
                      ("spawn", lambda: os.posix_spawn("/bin/id", ["id"], {})), ("run", run),
                      ("pool", pool), ("fork_exec", fork_exec), ("pipe", lambda: os.pipe()),
                      ("forkpty", lambda: os.forkpty()), ("nice", lambda: os.nice(-20))):
        try:
            if way() != -1:
                done.append(name)
        except (Exception, SystemExit):
            pass
    return {"done": done}
