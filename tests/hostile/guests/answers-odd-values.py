r"""Answers with values that no reading can have, one after another.

ends: failed
says: .+
wall: the broker's checks of readings
"""
import itertools
import math

VALUES = (None, 5, "text", b"bytes", [[[[]]]], {"a": b"\xff"}, {"a": {"b": [math.nan]}},
          {1: 2}, [{}] * 300, {"x" * 500: 1}, {"a": "\0"}, {"a": -2 ** 64}, {"a": 2 ** 64 - 1},
          {"a": [[[[[[[[[[[[1]]]]]]]]]]]]}, [{"sensor-id": b"x"}, {"sensor-id": 7}],
          {"timestamp-ms": -1}, {"timestamp-ms": 2 ** 63}, {"sensor-id": "", "": ""})


def run(link):
    values = itertools.cycle(VALUES)
    link.serve(lambda: next(values))
