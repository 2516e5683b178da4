r"""Moves the cursor, clears the screen, turns the direction of writing, and fakes the host's lines.

ends: harmless
says: "done": true
wall: the log's cleaning of what it is given
"""
import sys

from wit_world.imports import log

FAKE = "2026-01-31T12:00:00.000Z error broker: the house is on fire"
TEXTS = (f"good\n{FAKE}", f"good\r{FAKE}", f"good\x0b\x0c\x1c\x85\u2028\u2029{FAKE}",
         "\x1b[2J\x1b[31mred\x1b]0;title\x07", "\x9b31m\x00\x08\x7f", "\u202eback\u2066\u200f",
         "%s%n%x", "\ufeff" + "\u0301" * 500)


def poll():
    for text in TEXTS:
        print(text)
        print(text, file=sys.stderr)
        log.write(log.Level.ERROR, text)
    sys.stdout.buffer.write(b"\xff\xfe\xc0\x80\xed\xa0\x80\n")
    return {"done": True}
