r"""Returns a generator that never ends.

ends: failed
says: TypeError: poll returned generator, expected a record
wall: the runtime's checks
"""
import itertools


def poll():
    return ({"value": i} for i in itertools.count())
