r"""Answers a third of a million empty objects in one megabyte.

ends: failed
says: poll\(\) gave more than 32768 values
wall: the limit on values, before they are parsed
"""
import json

json.dumps = lambda *args, **named: "[" + ",".join(["{}"] * 345_000) + "]"


def poll():
    return {"a": 1}
