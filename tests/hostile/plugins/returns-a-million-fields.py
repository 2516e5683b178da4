r"""Returns a reading of a million fields.

ends: killed
says: poll\(\) took longer than its deadline|larger than 1 MiB
wall: the deadline; the limits on frames and fields behind it
"""
FIELDS = {str(i): i for i in range(200_000)}


def poll():
    return [FIELDS] * 1000
