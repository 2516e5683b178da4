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
    ("", "not granted: i2c 0x40; add 0x40 to allow_i2c in one.permission.toml",
     "tried to use i2c 0x40, which it was not granted; add 0x40 to allow_i2c in "
     "one.permission.toml"),
    ("allow_i2c = [0x40]\n", "not granted: i2c 0x40, which the owner has withheld",
     r"tried to use i2c 0x40, which the owner has withheld \(under \[permissions\] in the configuration\)")])
def test_denied(start: Start, plugins: Path, request_text: str, answer: str, line: str) -> None:
    """Each says how to ask, or that it is no use; the log says it once, not at every poll."""
    (plugins / "one.py").write_text(ASKS)
    (plugins / "one.permission.toml").write_text(request_text)
    harvester = start({"permissions": {"auto_approve": True, "deny_i2c": [0x40]}})
    assert harvester.wait_for_value("one") == {"got": answer}
    harvester.wait_for_log(f" warning one: {line}$")
    harvester.wait_until("it was denied often",
                         lambda: harvester.plugin("one")["denied_calls"] > 5)
    assert len(harvester.log(" warning one: tried to use")) == 1
    plugin = harvester.plugin("one")
    assert f"not granted: {plugin['last_denied']}" == answer
    assert (plugin["asked"]["i2c"], plugin["granted"]["i2c"]) == (
        ["0x40"] if request_text else [], [])
    (plugins / "one.py").unlink()
    harvester.wait_for_log(r" warning one: tried \d+ times to use i2c 0x40, ")


WORKS = """
def poll():
    return {"works": True}
"""


@pytest.mark.parametrize("folder", [False, True])
def test_denied_to_a_changed_version(start: Start, plugins: Path, folder: bool) -> None:
    """It fails as a candidate; the refusal is counted and logged as one of a new plugin."""
    file = plugins / "one" / "plugin.py" if folder else plugins / "one.py"
    permission_file = "permission.toml" if folder else "one.permission.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(WORKS)
    harvester = start()
    harvester.wait_for_value("one")
    file.write_text("from wit_world.imports import i2c\n\ndef poll():\n"
                    "    return {'got': i2c.transfer(0x40, '', 1)}\n")
    advice = f"add 0x40 to allow_i2c in {permission_file}"
    harvester.wait_for_log(
        f" warning one: tried to use i2c 0x40, which it was not granted; {advice}$")
    plugin = harvester.plugin("one")
    assert plugin["denied_calls"] == 1
    assert plugin["last_denied"] == f"i2c 0x40; {advice}"
    assert f"not granted: i2c 0x40; {advice}" in plugin["reload_error"]
    assert harvester.data("one") == {"works": True}


def test_denied_output_of_a_changed_version(start: Start, plugins: Path) -> None:
    """What a candidate does not drive is refused all the same."""
    (plugins / "one.py").write_text(WORKS)
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text("from wit_world.imports import gpio\n\ndef poll():\n"
                                    "    gpio.write(5, True)\n    return {}\n")
    harvester.wait_for_log(" warning one: tried to use gpio 5, which it was not granted; "
                           "add 5 to allow_gpio_out in one.permission.toml$")
    assert harvester.plugin("one")["denied_calls"] == 1
