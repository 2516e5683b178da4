r"""Answers one object of a hundred thousand fields.

ends: failed
says: poll\(\) gave more than 32768 values
wall: the limit on values, before they are parsed
"""
import json

TEXT = "{" + ",".join(f'"{i:x}":0' for i in range(100_000)) + "}"
json.dumps = lambda *args, **named: TEXT


def poll():
    return {"a": 1}
