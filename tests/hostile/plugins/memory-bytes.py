r"""All the memory that a 32-bit machine can have, at once.

ends: failed
says: MemoryError
wall: the store's limit on linear memory
"""


def poll():
    return {"size": len(bytearray(2 ** 31 - 1))}
