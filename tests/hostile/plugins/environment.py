r"""Looks for what the host's environment, arguments, users and names could tell.

ends: harmless
says: "found": \[\]
wall: nothing of it is given to WASI
"""
import os
import sys

HARMLESS = {"", "/", "0", "1", "42", "[]", "['']", "{}", "(none)", "wasi", "wasm32"}


def poll():
    found = [] if not os.environ else [str(sorted(os.environ))]
    if sys.argv not in ([], [""], ["plugin"]):  # the runtime's own word
        found.append(str(sys.argv))
    for way in (lambda: os.getcwd(), lambda: os.getlogin(), lambda: os.getuid(),
                lambda: os.uname().nodename, lambda: os.cpu_count()):
        try:
            value = way()
            if value is not None and str(value) not in HARMLESS:
                found.append(str(value))
        except Exception:
            pass
    return {"found": found}
