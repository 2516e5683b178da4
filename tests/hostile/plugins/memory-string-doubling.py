r"""A string that doubles until something gives way.

ends: failed
says: MemoryError|TypeError
wall: the store's limit on linear memory
"""


def poll():
    text = "x"
    while True:
        text += text
