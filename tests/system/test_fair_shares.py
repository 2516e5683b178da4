"""Plugins that share a bus or the processor: what one takes, no other is killed for."""
import os
import re
from pathlib import Path
from typing import Callable

from node import Harvester, command

Start = Callable[..., Harvester]

READER = """
from wit_world.imports import i2c

def poll():
    i2c.write_read(1, 0x77, b"\\xd0", 2559)
    return {"read": 1}
"""

DRIVER = """
from wit_world.imports import i2c

def poll():
    for _ in range(16):
        assert i2c.write_read(1, 0x77, b"\\xd0", 1) == b"\\x61"
    return {"read": 16}
"""
SHARED_CHIP = "allow_i2c = [0x77]\nshare_i2c = [0x77]\n"

THERMOMETER = """
from wit_world.imports import one_wire

def poll():
    return {"temperature": one_wire.read_temperature("28-0316a2794bff")}
"""

CAPTURE = """
from wit_world.imports import gpio

def poll():
    return {"edges": len(gpio.capture_edges(%d, 2000, 1))}
"""

# Says when it was at the chip: each version as it loads and as it polls.
AT_THE_CHIP = """
import time
from wit_world.imports import i2c

def use(what):
    i2c.write_read(1, 0x77, b"\\xd0", 64)  # waits until the other version is not at it
    start = time.time_ns()
    for _ in range(20):
        i2c.write_read(1, 0x77, b"\\xd0", 64)
    print("at the chip", what, start, time.time_ns())

use("%(version)s loads")

def poll():
    use("%(version)s polls")
    return {"version": %(version)s}
"""


def add(plugins: Path, name: str, source: str, permission: str) -> str:
    """A plugin of one file."""
    (plugins / f"{name}.permission.toml").write_text(permission)
    (plugins / f"{name}.py").write_text(source)
    return name


def wait_for_polls(harvester: Harvester, names: list[str], count: int) -> None:
    """So many polls of each."""
    harvester.wait_until(f"{count} polls of {names}", lambda: all(
        plugin.get("polls", 0) >= count or plugin.get("kills", 0) or plugin.get("errors", 0)
        for plugin in map(harvester.all_plugins().get, names) if plugin), seconds=120)


def assert_unharmed(harvester: Harvester, names: list[str], count: int) -> None:
    """They poll, and were neither killed nor told of an error."""
    wait_for_polls(harvester, names, count)
    plugins = harvester.all_plugins()
    for name in names:
        plugin = plugins[name]
        assert (plugin["kills"], plugin["errors"], plugin["restarts"]) == (0, 0, 0), \
            harvester.tail(f"{name}: {plugin}")


def test_long_reads_do_not_kill_a_driver(start: Start, plugins: Path) -> None:
    """4 readers of 8 kB beside a driver of 16 short reads, each of which would wait for all four."""
    readers = [add(plugins, f"reader-{i}", READER, SHARED_CHIP) for i in range(4)]
    add(plugins, "driver", DRIVER, SHARED_CHIP)
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 3},
                       "plugins.driver": {"interval_seconds": 2}})
    assert_unharmed(harvester, ["driver", *readers], 4)


def test_a_queue_on_the_1_wire_bus_kills_nobody(start: Start, plugins: Path) -> None:
    """16 plugins read a thermometer for 0.75 s each: the last one waits longer than its deadline."""
    names = [add(plugins, f"thermometer-{i}", THERMOMETER, 'allow_w1 = ["28-0316a2794bff"]\n')
             for i in range(16)]
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 5},
                       "hardware": {"devices": ["ds18b20"]}})
    assert_unharmed(harvester, names, 2)


def test_captures_on_a_shared_line_kill_nobody(start: Start, plugins: Path) -> None:
    """Three captures of 2 s take their turns."""
    names = [add(plugins, f"capture-{i}", CAPTURE % 20, "allow_gpio = [20]\nshare_gpio = [20]\n")
             for i in range(3)]
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 3}})
    assert_unharmed(harvester, names, 2)


def test_captures_on_other_lines_are_at_the_same_time(start: Start, plugins: Path) -> None:
    """Five capturers on five lines: none is told that others capture."""
    names = [add(plugins, f"capture-{i}", CAPTURE % (20 + i), f"allow_gpio = [{20 + i}]\n")
             for i in range(5)]
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 5}})
    assert_unharmed(harvester, names, 2)


def test_a_plugin_that_only_waits_is_ended_by_its_own_transfers(start: Start,
                                                                plugins: Path) -> None:
    """What a plugin itself does on a bus counts: two that never return are killed."""
    endless = READER.replace("    i2c.", "    while True: i2c.").replace("2559", "1024")
    names = [add(plugins, f"reader-{i}", endless, SHARED_CHIP) for i in range(2)]
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 0.5}})
    harvester.wait_for_log(r"poll\(\) took longer than its deadline of 0\.5 s and was killed; "
                           r"[0-9.]+ s of waiting for others did not count$")
    for name in names:
        harvester.wait_until(f"{name} is killed", lambda: harvester.plugin(name)["kills"])


def test_versions_are_never_at_a_chip_together(start: Start, plugins: Path) -> None:
    """A new version that uses its chip as it loads waits until the old one is not being polled."""
    def write(version: int) -> None:
        new = plugins / "chip.tmp"
        new.write_text(AT_THE_CHIP % {"version": version})
        new.rename(plugins / "chip.py")
    (plugins / "chip.permission.toml").write_text("allow_i2c = [0x77]\n")
    write(1)
    harvester = start({"polling": {"interval_seconds": 0.2}})
    for version in range(1, 5):
        harvester.wait_for_data("chip", f"is of version {version}",
                                lambda data: data.get("version") == version)
        if version < 4:
            write(version + 1)
    times = [(int(match[2]), int(match[3]), match[1]) for match in harvester.log(
        r"chip: at the chip (.*) (\d+) (\d+)$")]
    assert {what for *_, what in times} >= {f"{version} loads" for version in range(1, 5)}
    times.sort()
    for before, after in zip(times, times[1:]):
        assert before[1] <= after[0], harvester.tail(f"together: {before} and {after}")


def test_guests_run_at_a_lower_weight(start: Start, plugins: Path) -> None:
    """Those that use much of the processor have the lowest priority, the broker the highest."""
    burners = [add(plugins, f"burner-{i}", "def poll():\n    while True: pass\n", "")
               for i in range(8)]
    add(plugins, "honest", "def poll():\n    return {'value': 1}\n", "")
    harvester = start({"polling": {"interval_seconds": 0.1, "deadline_seconds": 60}})
    def nice(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[16])

    honest = harvester.wait_for_value("honest") and harvester.plugin("honest")
    for name in burners:
        harvester.wait_until(f"{name} has the lowest priority",
                             lambda: nice(harvester.plugin(name)["pid"]) == 19)
    assert nice(harvester.process.pid) < nice(honest["pid"]) < 19
    assert nice(harvester.template()) == nice(harvester.process.pid)
    assert_unharmed(harvester, ["honest"], harvester.plugin("honest")["polls"] + 10)


HOG = """
kept = bytearray(60 << 20)

def poll():
    for at in range(0, len(kept), 4096):
        kept[at] = 1
    return {"size": len(kept)}
"""
COUNTS = "count = 0\n\ndef poll():\n    global count\n    count += 1\n    return {'count': count}\n"


def test_the_largest_gives_way_when_memory_runs_short(start: Start, plugins: Path) -> None:
    """Four that take 60 MB each do not fit into 200 MB; small ones, started before and after, do."""
    add(plugins, "a-small", COUNTS, "")
    hogs = [add(plugins, f"hog-{i}", HOG, "memory_mb = 128\n") for i in range(4)]
    harvester = start({"permissions": {"total_memory_mb": 200}})
    harvester.wait_for_log(
        r" error hog-\d: used \d+ MB, the most of all plugins, which together used more than "
        r"200 MB \(total_memory_mb\)$")
    add(plugins, "z-small", COUNTS, "")
    harvester.wait_for_value("z-small")
    assert_unharmed(harvester, ["a-small", "z-small"], 10)
    assert any(harvester.plugin(name)["polls"] for name in hogs)


def test_one_that_could_never_fit_in_is_refused(start: Start, plugins: Path,
                                                tmp_path: Path) -> None:
    """At its start, and by `check`, with words that say what to change."""
    add(plugins, "large", COUNTS, "memory_mb = 512\n")
    words = ("with memory_mb = 512 it could use 544 MB, but all plugins together may use 200 MB; lower "
             "memory_mb in its permission file, or raise total_memory_mb in [permissions]")
    harvester = start({"permissions": {"total_memory_mb": 200}})
    harvester.wait_for_log(f" warning large: not started: {re.escape(words)}$")
    plugin = harvester.plugin("large")
    assert (plugin["state"], plugin["reason"]) == ("refused", words)
    checked = command("check", "--config", tmp_path / "config.toml", "--plugins", plugins)
    assert checked.returncode == 1
    assert f"large.permission.toml: plugin large does not run: {words}\n" in checked.stdout
    assert "the memory_mb of 1 plugins add up to 512 MB, but all together may use 200 MB" in checked.stdout


def test_one_that_answers_and_then_aborts_backs_off(start: Start, plugins: Path) -> None:
    """Its deaths count although a poll went well between each two: longer pauses, then a rest."""
    add(plugins, "aborts", """
import os
polls = 0

def poll():
    global polls
    polls += 1
    if polls > 1:
        os.abort()
    return {"polls": polls}
""", "")
    harvester = start()
    for seconds in (1, 2, 4, 8):
        harvester.wait_for_log(f" warning aborts: starts again in {seconds} s$")
    harvester.wait_for_log(" error aborts: stays off for 1 h, or until its file changes: ")
    assert harvester.plugin("aborts")["polls"] == 10


def most_called_at_once(lines: list[re.Match[str]]) -> int:
    """Of lines that tell a plugin's moves from state to state."""
    called: set[str] = set()
    most = 0
    for name, state in (line.groups() for line in lines):
        (called.add if state == "calling" else called.discard)(name)
        most = max(most, len(called))
    return most


def test_an_honest_plugin_beside_loops_misses_no_poll(start: Start, plugins: Path) -> None:
    """Those that use much of the processors wait for a turn: few compute at once."""
    for i in range(30):
        add(plugins, f"burner-{i}", "def poll():\n    while True: pass\n", "")
    add(plugins, "honest", COUNTS, "")
    harvester = start({"polling": {"interval_seconds": 1, "deadline_seconds": 3},
                       "logging": {"level": "debug"}, "plugins.honest": {"interval_seconds": 0.5}})
    harvester.wait_until("each of them was killed", lambda: all(
        plugin["kills"] for name, plugin in harvester.all_plugins().items() if name != "honest"),
        seconds=120)
    moves = r" debug (burner-\d+): \w+ -> (\w+)$"
    begun, polls = len(harvester.log(moves)), harvester.plugin("honest")["polls"]
    assert_unharmed(harvester, ["honest"], polls + 20)
    # Not zero: a machine that others use delays a poll now and then. Without turns nearly each is late.
    honest = harvester.plugin("honest")
    assert honest["late_polls"] * 5 <= honest["polls"], honest
    # A turn takes 2 s and is taken back at the next look; a call of 3 s goes on without one.
    assert 0 < most_called_at_once(harvester.log(moves)[begun:]) <= 2 * len(os.sched_getaffinity(0))


def test_plugins_that_burn_at_load_leave_the_template_alone(start: Start, plugins: Path) -> None:
    """Each waits for its fork behind the others, which is not the template's fault."""
    for i in range(40):
        add(plugins, f"burner-{i:02}", "while True: pass\n", "")
    add(plugins, "zz-honest", COUNTS, "")
    harvester = start({"polling": {"interval_seconds": 1, "deadline_seconds": 5}})
    assert_unharmed(harvester, ["zz-honest"], 5)
    assert not harvester.log("the Python runtime: ")
