r"""A compiler that leaves a link to a file of the system.

ends: killed
says: .*
wall: the broker checks what it is to seal
"""
