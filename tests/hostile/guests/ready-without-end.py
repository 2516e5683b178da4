r"""Is ready with thirty thousand functions.

ends: harmless
says: "value": 1
wall: the broker knows three names
"""


def run(link):
    link.functions = ["poll"] + ["\x1b[2Jx"] * 30_000 + [5, None, b"poll"]
    link.serve(lambda: {"value": 1})
