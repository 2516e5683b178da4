"""Relays, LEDs and lines over the switch from one version to another, which keeps their state, and after the last version."""
import threading
from pathlib import Path
from typing import Any, Callable

import pytest
from bundles import Author
from node import Harvester, command
from reloads import world

GREEN = "00ff00"
PERMISSION = "allow_gpio = [5]\nallow_leds = true\nallow_fan = true\n"
# Sets them all once, as it begins.
SETS = """from wit_world.imports import fan_controller, gpio, led_controller

count = 0
gpio.set_mode(5, gpio.Mode.OUTPUT)

def poll():
    global count
    count += 1
    if count == 1:
        gpio.write(5, True)
        fan_controller.set_fan(True)
        led_controller.set_all(0, 255, 0)
        led_controller.sync_leds()
    return {"value": 1, "level": gpio.read(5)}
"""
# Leaves them as they are.
LEAVES = """from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.OUTPUT)

def poll():
    return {"value": 2, "level": gpio.read(5)}
"""
FAILS_LATER = LEAVES.replace("def poll():\n", "count = 0\n\ndef poll():\n    global count\n    count += 1\n    if count > 3:\n"
                             "        raise OSError('wire off')\n")
OPPOSITE = """from wit_world.imports import fan_controller, gpio, led_controller

gpio.set_mode(5, gpio.Mode.OUTPUT)

def poll():
    gpio.write(5, False)
    fan_controller.set_fan(False)
    led_controller.set_all(255, 0, 0)
    led_controller.sync_leds()
    raise OSError("wire off")
"""


class Watch:
    """Looks at the simulated pins, as often as it can, from one moment to another."""

    def __init__(self, node: Harvester) -> None:
        """Begin."""
        self.node, self.ended = node, threading.Event()
        self.seen: list[tuple[Any, ...]] = [self.look()]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def look(self) -> tuple[Any, ...]:
        """Fan, how often it was switched, and the colours that there are."""
        now = world(self.node)
        fan = now["relays"]["fan"]
        return fan["on"], fan["switched"], tuple(sorted(set(now["leds"])))

    def run(self) -> None:
        """Until end()."""
        while not self.ended.is_set():
            self.seen.append(self.look())

    def end(self) -> set[tuple[Any, ...]]:
        """All that was seen."""
        self.ended.set()
        self.thread.join()
        return {*self.seen, self.look()}


@pytest.fixture
def author(tmp_path: Path) -> Author:
    """Somebody who writes plugins."""
    return Author(tmp_path / "author")


@pytest.mark.parametrize("text,end", [(LEAVES, "lamp: version 2.0 has passed its probation"),
                                      (FAILS_LATER, "back to version 1.0$"), (OPPOSITE, "back to version 1.0$")],
                         ids=["good", "undone", "undone as a candidate"])
def test_outputs_over_a_switch(start: Callable[..., Harvester], plugins: Path, author: Author, text: str, end: str) -> None:
    """No relay clacks, no LED flickers, and the line stays high."""
    node = start({"updates": {"trusted_keys": [author.key.text()], "probation_polls": 5, "probation_failures": 2}})

    def install(counter: int, source: str) -> None:
        result = command("plugin", "install", author.bundle(counter, PERMISSION, source), "--plugins", plugins)
        assert result.returncode == 0, result.stderr
    install(1, SETS)
    node.wait_for_log("lamp: version 1.0 has passed its probation")
    node.wait_until("the LEDs are green", lambda: set(world(node)["leds"]) == {GREEN})
    watch = Watch(node)
    after = len(node.lines)
    install(2, text)
    node.wait_for_log(end, after)
    last = 2 if text is LEAVES else 1
    polls = node.plugin("lamp")["polls"]
    node.wait_for_data("lamp", f"is {last}", lambda data: data.get("value") == last)
    node.wait_until("it polls on", lambda: node.plugin("lamp")["polls"] > polls + 3)
    seen = watch.end()
    assert seen == {watch.seen[0]} and watch.seen[0][0] is True, seen
    assert not node.log("lamp: .*level (false|no|0)") and node.data("lamp")["level"] is True


SAFE = PERMISSION + "safe_high = [5]\nsafe_fan = true\n"
READS = "from wit_world.imports import gpio\n\ndef poll():\n    return {'level': gpio.read(5)}\n"


@pytest.mark.parametrize("permission,is_safe", [(SAFE, True), (PERMISSION, False)], ids=["declared", "not declared"])
def test_safe_state(start: Callable[..., Harvester], plugins: Path, author: Author, permission: str, is_safe: bool) -> None:
    """What a removed plugin leaves: the safe state that it declares, or nothing that anybody drives."""
    node = start({"updates": {"trusted_keys": [author.key.text()], "probation_polls": 2}})

    def look() -> tuple[bool, bool]:
        """The line as another plugin reads it, and the fan."""
        return node.wait_for_value("look")["level"], world(node)["relays"]["fan"]["on"]

    def give(*words: str | Path) -> None:
        result = command("plugin", *words, "--plugins", plugins)
        assert result.returncode == 0, result.stderr
    text = SETS.replace("write(5, True)", "write(5, False)").replace("set_fan(True)", "set_fan(False)")
    give("install", author.bundle(1, permission, text))
    node.wait_for_log("lamp: version 1.0 has passed its probation")
    assert node.data("lamp")["level"] is False and world(node)["relays"]["fan"]["on"] is False
    give("remove", "lamp")
    node.wait_for_log(" info lamp: removed$")
    (plugins / "look.permission.toml").write_text("allow_gpio = [5]\n")
    (plugins / "look.py").write_text(READS)
    node.wait_for_data("look", "reads", lambda data: "level" in data)
    assert look() == (is_safe, is_safe)
