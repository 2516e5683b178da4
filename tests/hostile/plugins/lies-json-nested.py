r"""Answers brackets only, half a million levels deep.

ends: failed
says: poll\(\) gave a value that is no JSON: .*
wall: the JSON library's limit on levels
"""
import json

json.dumps = lambda *args, **named: "[" * 500_000 + "]" * 500_000


def poll():
    return {"a": 1}
