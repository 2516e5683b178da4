r"""Answers brackets only, thirty thousand levels deep.

ends: failed
says: poll\(\) returned a value that is not JSON: .*
wall: the JSON library's limit on levels
"""
from harvester_runtime import values

values.poll_result_to_json = lambda result: "[" * 30_000 + "]" * 30_000


def poll():
    return {"a": 1}
