"""Calls that the grant refuses: what the plugin, the log and the list of plugins say of them."""
from pathlib import Path
from typing import Callable

import pytest
from node import Harvester

Start = Callable[..., Harvester]

ASKS = """
from componentize_py_types import Err
from wit_world.imports import i2c

def poll():
    try:
        return {"got": i2c.transfer(0x40, "", 1)}
    except Err as error:
        return {"got": error.value}
"""


@pytest.mark.parametrize("request_text, answer, line", [
    ("", "not granted: i2c 0x40; add 0x40 to allow_i2c in permission.toml",
     "asked for i2c 0x40, which it was not granted; add 0x40 to allow_i2c in permission.toml"),
    ("allow_i2c = [0x40]\n", "not granted: i2c 0x40, which its owner keeps back",
     "asked for i2c 0x40, which its owner keeps back")])
def test_denied(start: Start, plugins: Path, request_text: str, answer: str, line: str) -> None:
    """Each says how to ask, or that it is no use; the log says it once, not at every poll."""
    (plugins / "one.py").write_text(ASKS)
    (plugins / "one.permission.toml").write_text(request_text)
    harvester = start({"permissions": {"auto_approve": True, "deny_i2c": [0x40]}})
    assert harvester.wait_for_value("one") == {"got": answer}
    harvester.wait_for_log(f" warning one: {line}$")
    harvester.wait_until("it was denied often",
                         lambda: harvester.plugin("one")["denied_calls"] > 5)
    assert len(harvester.log(" warning one: asked")) == 1
    plugin = harvester.plugin("one")
    assert f"not granted: {plugin['last_denied']}" == answer
    assert (plugin["asked"]["i2c"], plugin["granted"]["i2c"]) == (
        ["0x40"] if request_text else [], [])
    (plugins / "one.py").unlink()
    harvester.wait_for_log(r" warning one: asked \d+ times for i2c 0x40, ")
