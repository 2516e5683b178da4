r"""Replaces the builtins that the runtime relies on.

ends: killed
says: trap: .*
wall: the runtime has no power that the plugin has not
"""
import builtins

builtins.isinstance = lambda value, kind: True
builtins.len = lambda value: -1
builtins.type = int
builtins.getattr = lambda *args: None


def poll():
    return object()
