r"""Answers a third of a million empty objects in one megabyte.

ends: failed
says: (more than|too|larger|reading).*
wall: the limit on a frame and on readings
"""
import json

json.dumps = lambda *args, **named: "[" + ",".join(["{}"] * 345_000) + "]"


def poll():
    return {"a": 1}
