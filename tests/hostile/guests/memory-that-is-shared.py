r"""Takes memory that it shares, which no limit of data counts.

ends: killed
says: used \d+ MB, its limit is 96 MB
wall: the broker looks at each process's memory, of both kinds
"""
import mmap

kept = []


def run(link):
    def poll():
        kept.append(mmap.mmap(-1, 40_000_000))
        kept[-1].write(b"x" * 40_000_000)
        return {"value": 1}
    link.serve(poll)
