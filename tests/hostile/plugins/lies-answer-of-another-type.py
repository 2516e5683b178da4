r"""Replaces the runtime's JSON by a function that gives no text.

ends: killed
says: trap: .*
wall: the component's own types
"""
import json

json.dumps = lambda *args, **named: 5


def poll():
    return {"a": 1}
