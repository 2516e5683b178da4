"""Plugins' state: it survives what their processes do not, and each plugin has its own."""
import os
import re
import signal
from pathlib import Path
from typing import Any, Callable

from node import Harvester

Start = Callable[..., Harvester]

# `found` is what was there when the process began; a global would be 0.
COUNTER = """
from wit_world.imports import state

found = int(state.get("count") or b"0")

def poll():
    count = int(state.get("count") or b"0") + 1
    state.set("count", str(count).encode())
    return {"version": 1, "found": found, "count": count}
"""

EVERYTHING = """
from componentize_py_types import Err
from wit_world.imports import state

def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Err as error:
        return error.value
    except TypeError as error:
        return str(error)

def poll():
    every = bytes(range(256))
    state.set("every", every)
    state.set("\\u00e4", b"")
    state.set("old", b"x")
    state.delete("old")
    return {
        "every": state.get("every") == every,
        "empty": state.get("\\u00e4") == b"",
        "old": state.get("old"),
        "keys": ",".join(state.keys()),
        "key": attempt(state.set, "k" * 129, b""),
        "zero": attempt(state.get, "a\\0b"),
        "value": attempt(state.set, "k", bytes(16385)),
        "kind": attempt(state.set, "k", "text"),
    }
"""

GREEDY = """
from wit_world.imports import state

def poll():
    for number in range(4):
        state.set(str(number), bytes(16384))
"""


def counted(harvester: Harvester, at_least: int = 5) -> int:
    """A count that the plugin has reached."""
    return harvester.wait_for_data(
        "one", f"has counted to {at_least}",
        lambda data: (data.get("count") or 0) >= at_least)["count"]


def test_reload_and_kill_of_the_guest(start: Start, plugins: Path) -> None:
    """The new version, and then the new process, find what the one before them has set."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    before = counted(harvester)
    (plugins / "one.py").write_text(COUNTER.replace('"version": 1', '"version": 2'))
    data = harvester.wait_for_data("one", "is reloaded", lambda data: data.get("version") == 2)
    assert data["found"] >= before
    before = counted(harvester, data["count"] + 5)
    os.kill(harvester.plugin("one")["pid"], signal.SIGKILL)
    harvester.wait_for_data("one", "counts on in a new process",
                            lambda data: (data.get("found") or 0) >= before)


def test_kill_of_the_broker(start: Start, plugins: Path) -> None:
    """What a reading has shown was on the disk: killed without a warning, and then stopped."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    before = counted(harvester)
    harvester.process.kill()
    harvester.end()
    harvester = start()
    assert harvester.wait_for_value("one")["found"] >= before
    before = counted(harvester, before + 5)
    harvester.stop()
    assert start().wait_for_value("one")["found"] >= before


def test_plugins_are_apart(start: Start, plugins: Path) -> None:
    """The same key of two plugins is two values; a plugin sees its own keys only."""
    source = """
from wit_world.imports import state

def poll():
    found = state.get("mine")
    state.set("mine", b"NAME")
    state.set("of NAME", b"")
    return {"found": found and found.decode(), "keys": ",".join(state.keys())}
"""
    for name in ("one", "two"):
        (plugins / f"{name}.py").write_text(source.replace("NAME", name))
    harvester = start()
    for name in ("one", "two"):
        data = harvester.wait_for_data(name, "finds a value", lambda data: data.get("found"))
        assert data == {"found": name, "keys": f"mine,of {name}"}


def test_values_and_limits(start: Start, plugins: Path) -> None:
    """Bytes come back as they were; what is too large is an exception with the figures."""
    (plugins / "one.py").write_text(EVERYTHING)
    expected: dict[str, Any] = {
        "every": True, "empty": True, "old": None, "keys": "every,\u00e4",
        "key": "a key of state may have at most 128 bytes, but this one (kkkkkkkkkkkkkkkk…) has 129: choose a shorter one",
        "zero": "a state key cannot contain a 0 byte: choose another key",
        "value": "a value of state may have at most 16384 bytes, but this one has 16385: store less, or split it over several keys",
        "kind": "state.set: value must be bytes, not str"}
    assert start().wait_for_value("one") == expected


def test_quota(start: Start, plugins: Path) -> None:
    """An exception that nobody catches is the sensor's error."""
    (plugins / "one.py").write_text(GREEDY)
    error = start().wait_for_error("one")
    assert "state would take 65540 bytes with this value, its quota is 65536" in error


def test_damaged_database(start: Start, plugins: Path, tmp_path: Path) -> None:
    """The node comes up, says so, and keeps state again."""
    (plugins / "one.py").write_text(COUNTER)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.db").write_bytes(b"nonsense" * 1000)
    harvester = start()
    counted(harvester)
    harvester.wait_for_log(r" warning state: .*/state\.db: .*; moved to .*/state\.db\.damaged-1: "
                           "plugins start without state$")
    assert (tmp_path / "data" / "state.db.damaged-1").exists()


def test_no_database(start: Start, plugins: Path, tmp_path: Path) -> None:
    """The node runs without, and plugins are told."""
    (plugins / "one.py").write_text(COUNTER)
    (tmp_path / "data" / "state.db").mkdir(parents=True)
    harvester = start()
    harvester.wait_for_log(r" error state: .*/state\.db: .*; plugins run without their stored values$")
    harvester.wait_for_log("this node stores no plugin state: its log says why its data folder cannot be used")


FLOOD = """
from componentize_py_types import Err
from wit_world.imports import state

written = refused = 0
why = ""

def poll():
    global written, refused, why
    for _ in range(50):
        try:
            state.set("count", str(written).encode())
            written += 1
        except Err as error:
            refused += 1
            why = error.value
    return {"written": written, "refused": refused, "why": why}
"""


def test_a_flood_of_writes_is_refused_in_words(start: Start, plugins: Path) -> None:
    """A card survives a plugin that sets its state in a loop; a neighbour's state does not notice."""
    (plugins / "flood.py").write_text(FLOOD)
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    data = harvester.wait_for_data("flood", "is refused", lambda data: (data.get("refused") or 0) > 0)
    assert data["written"] >= 120
    assert "120 times at once and 1 time a second" in data["why"]
    assert re.search(rb"^harvester_state_writes_refused_total [1-9]", harvester.get("/metrics"), re.MULTILINE)
    counted(harvester)
