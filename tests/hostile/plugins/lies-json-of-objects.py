r"""Answers a third of a million empty objects in one megabyte.

ends: failed
says: poll\(\) returned more than 32768 values
wall: the limit on values, before they are parsed
"""
from harvester_runtime import values

values.poll_result_to_json = lambda result: "[" + ",".join(["{}"] * 345_000) + "]"


def poll():
    return {"a": 1}
