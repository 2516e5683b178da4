r"""Nests a list a million levels deep and returns it.

ends: failed
says: TypeError: reading 1, field 'deep.*': more than 8 levels deep
wall: the runtime's limit on levels
"""


def poll():
    value = []
    for _ in range(10 ** 6):
        value = [value]
    return {"deep": value}
