r"""Answers one object of a hundred thousand fields.

ends: failed
says: (more than|too|larger|reading).*
wall: the limit on fields
"""
import json

TEXT = "{" + ",".join(f'"{i:x}":0' for i in range(100_000)) + "}"
json.dumps = lambda *args, **named: TEXT


def poll():
    return {"a": 1}
