r"""Ends its process in mid-poll.

ends: killed
says: trap: Exited with i32 exit status \d
wall: an exit is an end like another
"""
import os


def poll():
    os._exit(0)
