r"""Returns a text of ten megabytes.

ends: failed
says: the result is larger than 1 MiB
wall: the limit on a frame
"""


def poll():
    return {"text": "x" * 10_000_000}
