r"""Dies at each load, in one of several ways.

ends: off
says: (trap: .*|loading took longer than its deadline of 0\.5 s and was killed)
wall: a pause that doubles, and an end after five deaths
"""
import os
import random

random.choice([os.abort, lambda: os._exit(3), os.abort])()
