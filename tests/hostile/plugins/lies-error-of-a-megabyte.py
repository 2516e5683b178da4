r"""Replaces the runtime's error texts by a megabyte of short lines, others each time.

ends: failed
says: flood|lines
wall: the count of lines a second
"""
from harvester_runtime import errors

count = 0


def describe(error):
    global count
    count += 1
    return "flood\n" * 170_000 + str(count)


errors.describe = describe


def poll():
    raise ValueError("x")
