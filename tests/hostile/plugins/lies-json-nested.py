r"""Answers brackets only, thirty thousand levels deep.

ends: failed
says: poll\(\) gave a value that is no JSON: .*
wall: the JSON library's limit on levels
"""
import json

json.dumps = lambda *args, **named: "[" * 30_000 + "]" * 30_000


def poll():
    return {"a": 1}
