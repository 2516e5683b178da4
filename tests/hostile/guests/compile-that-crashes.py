r"""A compiler that crashes.

ends: killed
says: the compiler was killed by signal 11
wall: a process of its own
"""
