r"""Returns a list and a dict that contain themselves.

ends: failed
says: TypeError: reading 1, field .*: more than 8 levels deep
wall: the runtime's limit on levels
"""


def poll():
    value = {}
    value["again"] = [value]
    return [value]
