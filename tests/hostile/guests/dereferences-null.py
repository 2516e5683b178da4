r"""Crashes, as an engine with a bug would.

ends: killed
says: the guest process crashed \(signal 11\)
wall: a process of its own
"""
import ctypes


def run(link):
    link.start()
    link.take()
    ctypes.string_at(0)
