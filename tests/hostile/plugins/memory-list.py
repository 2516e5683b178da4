r"""A list that grows for ever.

ends: failed
says: MemoryError
wall: the store's limit on linear memory
"""


def poll():
    kept = []
    while True:
        kept.append(" " * 10 ** 6)
