r"""Calls the runtime's import table by number, with numbers that it does not have.

ends: killed
says: trap: .*
wall: the component's linear memory, in which alone the interpreter can do harm
"""
import componentize_py_runtime


def poll():
    for name in dir(componentize_py_runtime):
        for args in ((2 ** 31, [], 1), (10 ** 6, [object()], 99), (0, [None] * 20, 20)):
            try:
                getattr(componentize_py_runtime, name)(*args)
            except Exception:
                pass
    import os
    os.abort()  # where it survived that
