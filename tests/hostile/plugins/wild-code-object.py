r"""Runs byte code that no compiler would make, which breaks the interpreter's memory.

ends: killed
says: (trap: .*|poll\(\) took longer than its deadline.*)
wall: the component's linear memory, in which alone the interpreter can do harm
"""


def poll():
    code = (lambda: 0).__code__
    wild = code.replace(co_code=bytes([100, 255, 83, 0] * 64), co_consts=(), co_stacksize=0)
    for _ in range(100):
        try:
            exec(wild)
        except SystemError:
            pass  # what lay in memory was no instruction this time
    import os
    os.abort()  # where it survived that
