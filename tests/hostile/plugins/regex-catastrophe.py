r"""A pattern whose match takes exponential time, inside the interpreter's C code.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""
import re


def poll():
    return {"found": bool(re.match(r"(a+)+$", "a" * 64 + "b"))}
