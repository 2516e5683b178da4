r"""Raises what is meant to end a program, one after another.

ends: failed
says: (SystemExit|KeyboardInterrupt|GeneratorExit)
wall: the runtime catches all of them
"""
import itertools

kinds = itertools.cycle((SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration,
                         StopAsyncIteration, BaseExceptionGroup))


def poll():
    kind = next(kinds)
    raise kind("x", [kind("y")]) if kind is BaseExceptionGroup else kind
