r"""Answers numbers of thousands of digits, and one that is no number in JSON.

ends: failed
says: poll\(\) returned a value that is not JSON: .*
wall: the JSON library
"""
from harvester_runtime import values

values.poll_result_to_json = lambda result: '{"a": ' + "9" * 5000 + ', "b": NaN, "c": 1e99999}'


def poll():
    return {"a": 1}
