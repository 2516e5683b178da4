r"""Replaces the runtime's JSON by text that is none.

ends: failed
says: poll\(\) gave a value that is no JSON: .*
wall: the broker reads answers as a stranger's
"""
import json

json.dumps = lambda *args, **named: '{"a": 1'


def poll():
    return {"a": 1}
