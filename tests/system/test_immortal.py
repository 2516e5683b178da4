"""What the Python image holds is read, not written to: a plugin's process owns few pages of it."""
import re
from pathlib import Path

from node import Harvester, simulated

PLUGIN = """
import json
import sys
from wit_world.imports import i2c

class Own:
    pass

def poll():
    image = (json.dumps, json.dumps.__code__, json.dumps.__doc__, json.JSONEncoder, json.JSONEncoder.__dict__["encode"], i2c)
    own = (poll, Own, Own(), [])
    return {"image": sum(map(sys._is_immortal, image)), "own": sum(map(sys._is_immortal, own)), "of": len(image)}
"""
# Of a plugin that does nothing: 0.5 MB, and 1.1 with objects that are counted.
PRIVATE_KB_MAX = 800


def test_objects_of_the_image(tmp_path: Path) -> None:
    """They are immortal; those that the plugin makes are not."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "asks.py").write_text(PLUGIN)
    with Harvester(tmp_path, simulated(), plugins) as node:
        found = node.wait_for_value("asks")
        assert (found["image"], found["own"]) == (found["of"], 0)


def test_own_memory(tmp_path: Path) -> None:
    """After a hundred polls, in kB that no other process has."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "small.py").write_text("def poll():\n    return {'one': 1}\n")
    with Harvester(tmp_path, simulated({"polling": {"interval_seconds": 0.02}}), plugins) as node:
        node.wait_until("100 polls", lambda: node.plugin("small")["polls"] >= 100)
        rollup = Path(f"/proc/{node.plugin('small')['pid']}/smaps_rollup").read_text()
        assert int(re.findall(r"Private_Dirty: +(\d+)", rollup)[0]) <= PRIVATE_KB_MAX, rollup
