r"""A source whose expression is a hundred thousand levels deep.

ends: failed
says: (SyntaxError: too many nested parentheses|RecursionError|MemoryError)
wall: the interpreter's parser
"""


def poll():
    exec("x = " + "(" * 100_000 + ")" * 100_000)
