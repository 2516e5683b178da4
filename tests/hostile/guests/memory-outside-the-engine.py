r"""Takes memory that no engine counts, while it answers its polls well.

ends: killed
says: used \d+ MB, its limit is 96 MB
wall: the broker looks at each process's memory
"""
kept = []


def run(link):
    def poll():
        kept.append(bytearray(b"x") * 40_000_000)
        return {"value": 1}
    link.serve(poll)
