r"""Answers one object of a hundred thousand fields.

ends: failed
says: poll\(\) returned more than 32768 values
wall: the limit on values, before they are parsed
"""
from harvester_runtime import values

TEXT = "{" + ",".join(f'"{i:x}":0' for i in range(100_000)) + "}"
values.poll_result_to_json = lambda result: TEXT


def poll():
    return {"a": 1}
