r"""Replaces the runtime's encoder by a function that gives no text.

ends: killed
says: trap: .*
wall: the component's own types
"""
from harvester_runtime import values

values.poll_result_to_json = lambda result: 5


def poll():
    return {"a": 1}
