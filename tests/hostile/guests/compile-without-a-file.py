r"""A compiler that says all is well and writes nothing.

ends: killed
says: .+
wall: the broker checks what it is to seal
"""
