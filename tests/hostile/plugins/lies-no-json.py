r"""Replaces the runtime's encoder by text that is none.

ends: failed
says: poll\(\) returned a value that is not JSON: .*
wall: the broker reads answers as a stranger's
"""
from harvester_runtime import values

values.poll_result_to_json = lambda result: '{"a": 1'


def poll():
    return {"a": 1}
