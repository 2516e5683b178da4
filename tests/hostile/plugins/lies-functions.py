r"""Tells the host that it has a hundred thousand functions, of any name.

ends: harmless
says: "value": 1
wall: the broker knows three names
"""
import sys

from harvester_runtime import plugin

app = sys.modules["app"] if "app" in sys.modules else sys.modules["__main__"]
names = ["poll"] + ["\x1b[2J" + "render" * 2] * 30_000
plugin.Plugin.functions = property(lambda self: names, lambda self, value: None)


def poll():
    return {"value": 1}
