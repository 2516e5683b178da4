r"""Writes, renames, links and removes files.

ends: harmless
says: "done": \[\]
wall: no directory is given to WASI
"""
import os

PATHS = ("/tmp/from-a-plugin", "from-a-plugin", "/dev/shm/x", "/proc/self/oom_score_adj",
         "/etc/passwd")
WAYS = (lambda path: open(path, "w"), lambda path: open(path, "a"), os.mkdir, os.remove, os.rmdir,
        lambda path: os.rename(path, path + "2"), lambda path: os.symlink("/etc", path),
        lambda path: os.link("/etc/passwd", path), lambda path: os.truncate(path, 0),
        lambda path: os.utime(path), lambda path: os.mkfifo(path), lambda path: os.chdir("/"))


def poll():
    done = []
    for path in PATHS:
        for number, way in enumerate(WAYS):
            try:
                way(path)
                done.append(f"{number} {path}")
            except Exception:
                pass
    return {"done": done}
