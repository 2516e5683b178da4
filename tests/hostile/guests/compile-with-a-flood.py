r"""A compiler that writes a hundred megabytes of errors, and dies.

ends: killed
says: flood
wall: only the end of what it says is kept
"""
