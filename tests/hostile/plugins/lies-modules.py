r"""Throws every module and importer away.

ends: harmless
says: "value": 1
wall: the runtime has no power that the plugin has not
"""
import sys

sys.meta_path.clear()
sys.path_hooks.clear()


def poll():
    for name in list(sys.modules):
        if name.startswith(("harvester_runtime", "app", "json", "wit_world")):
            del sys.modules[name]
    return {"value": 1}
