"""What a candidate may do to devices, kept values and the page, and what a version that ends leaves of it."""
import shutil
from pathlib import Path
from typing import Callable

import pytest
from node import COUNTER, ROOT, Harvester
from plugin_texts import OUTPUT
from reloads import REFUSED, TOOK_OVER, Client, complaints, counts, wait_for_another_count, world

Start = Callable[..., Harvester]

DEADLINE_SECONDS = 1.0
GREEN, FAULT_COLOR, DARK = "00ff00", "0c000c", "000000"


# What a candidate begins with, and what it may do

def test_globals_start_afresh(start: Start, plugins: Path) -> None:
    """No count is missing on either side of the change; the candidate's poll is the first reading."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_data("one", "has counted", lambda data: data["count"] > 4)
    (plugins / "one.py").write_text(COUNTER + "\n# a new version\n")
    harvester.wait_for_log(TOOK_OVER.format("one"))
    wait_for_another_count(harvester, "one")
    seen = counts(harvester, "one")
    old = seen.index(1, 1)
    assert seen == [*range(1, old + 1), *range(1, len(seen) - old + 1)]


DRIVES = """
from wit_world.imports import buzzer_controller, fan_controller, gpio, led_controller

count = 0

def poll():
    global count
    count += 1
    if count == 1:
        led_controller.set_all(0, 255, 0)
        led_controller.sync_leds()
        buzzer_controller.beep(3, 20, 20)
        fan_controller.set_fan(True)
    return {"count": count}
"""
ALLOW_ALL = "allow_leds = true\nallow_buzzer = true\nallow_fan = true\n"


@pytest.mark.parametrize("end", ["", "    raise OSError('wire off')\n"])
def test_candidate_drives_nothing(start: Start, plugins: Path, end: str) -> None:
    """Whether it is good or bad: LEDs, buzzer and fan stay as they were."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    harvester.wait_for_value("one")
    before = world(harvester)
    bad = DRIVES.replace("    return", end + "    return") if end else DRIVES
    (plugins / "one.py").write_text(bad)
    harvester.wait_for_log((REFUSED if end else TOOK_OVER).format("one"))
    wait_for_another_count(harvester, "one")
    after = world(harvester)
    assert (after["leds"], after["relays"]) == (before["leds"], before["relays"])
    assert harvester.plugin("one")["denied_calls"] == 0
    # That it can: started, not reloaded, the same source drives them all.
    (plugins / "one.py").unlink()
    harvester.wait_for_log(" info one: removed$")
    (plugins / "one.py").write_text(DRIVES)
    harvester.wait_until("the LEDs are green",
                         lambda: set(world(harvester)["leds"]) == {GREEN})
    harvester.wait_until("the buzzer has sounded", lambda: world(
        harvester)["relays"]["buzzer"]["switched"] == before["relays"]["buzzer"]["switched"] + 3)


TURNS_IT_ROUND = """
from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.INPUT)
gpio.capture_edges(5, 1, 1)

def poll():
    gpio.set_mode(5, gpio.Mode.INPUT_PULL_UP)
    raise OSError("wire off")
"""


def test_failed_candidate_configures_no_line_in_use(start: Start, plugins: Path) -> None:
    """The output of the running version stays an output, and the running version goes on."""
    (plugins / "one.py").write_text(OUTPUT)
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    harvester = start()
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    (plugins / "one.py").write_text(TURNS_IT_ROUND)
    harvester.wait_for_log(REFUSED.format("one"))
    wait_for_another_count(harvester, "one")
    after = harvester.plugin("one")
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    data = harvester.data("one")
    assert data["level"] == (data["count"] % 2 == 1)


READS_WITH_A_PULL = """
from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.WANTED)

def poll():
    return {"version": VERSION, "level": gpio.read(5)}
"""


def test_mode_of_a_new_version_is_set_when_it_takes_over(start: Start, plugins: Path) -> None:
    """A mode that is set when the module is loaded does not fail the candidate, and counts from then on."""
    def save(number: int, pull: str) -> None:
        (plugins / "one.py").write_text(
            READS_WITH_A_PULL.replace("VERSION", str(number)).replace("WANTED", pull))
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    save(1, "INPUT_PULL_DOWN")
    harvester = start()
    assert harvester.wait_for_value("one") == {"version": 1, "level": False}
    save(2, "INPUT_PULL_UP")
    harvester.wait_for_data("one", "is pulled up",
                            lambda data: data == {"version": 2, "level": True})
    assert not complaints(harvester, "one")


KEEPS = """
from wit_world.imports import state

def poll():
    return {"kept": (state.get("key") or b"").decode()}
"""
KEEPS_AND_FAILS = """
from wit_world.imports import state

def poll():
    state.set("key", b"of the candidate")
    raise OSError("wire off")
"""


def test_failed_candidate_leaves_no_state(start: Start, plugins: Path) -> None:
    """The old version goes on with the state as it knows it."""
    (plugins / "one.py").write_text(KEEPS)
    harvester = start()
    assert harvester.wait_for_value("one") == {"kept": ""}
    (plugins / "one.py").write_text(KEEPS_AND_FAILS)
    harvester.wait_for_log(REFUSED.format("one"))
    polls = harvester.plugin("one")["polls"]
    harvester.wait_until("it polls on", lambda: harvester.plugin("one")["polls"] > polls + 1)
    assert harvester.data("one") == {"kept": ""}


KEEPS_FROM_THE_START = """
from wit_world.imports import state

state.set("key", b"of the new version")
state.delete("old")

def poll():
    return {"kept": state.get("key").decode(), "keys": ",".join(state.keys())}
"""


def test_good_candidate_leaves_its_state(start: Start, plugins: Path) -> None:
    """What it set while it was loaded is there at its first poll, after it took over, and after the
    broker was killed.
    """
    (plugins / "one.py").write_text(KEEPS.replace(
        "    return", '    state.set("old", b"")\n    state.set("other", b"")\n    return'))
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text(KEEPS_FROM_THE_START)
    expected = {"kept": "of the new version", "keys": "key,other"}
    harvester.wait_for_data("one", "has its state", lambda data: data == expected)
    polls = harvester.plugin("one")["polls"]
    harvester.wait_until("it polls on", lambda: harvester.plugin("one")["polls"] > polls + 1)
    assert harvester.data("one") == expected
    (plugins / "one.py").write_text(KEEPS)
    harvester.wait_for_log(TOOK_OVER.format("one"), seconds=30)
    harvester.process.kill()
    harvester.end()
    assert start().wait_for_value("one") == {"kept": "of the new version"}


def test_leds_stay_over_a_reload(start: Start, plugins: Path) -> None:
    """They are the plugin's, not the version's: no flicker, and they end with the plugin."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    harvester.wait_until("the LEDs are green",
                         lambda: set(world(harvester)["leds"]) == {GREEN})
    (plugins / "one.py").write_text(COUNTER)
    harvester.wait_for_log(TOOK_OVER.format("one"))
    wait_for_another_count(harvester, "one")
    assert set(world(harvester)["leds"]) == {GREEN}


def green_then_removed(harvester: Harvester, plugins: Path) -> None:
    """The plugin that had set all LEDs is no more."""
    harvester.wait_until("the LEDs are green", lambda: set(world(harvester)["leds"]) == {GREEN})
    (plugins / "one.py").unlink()
    harvester.wait_for_log(" info one: removed$")


def test_leds_after_removal(start: Start, plugins: Path) -> None:
    """Dark, with the next cycle."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    (plugins / "other.py").write_text(COUNTER)
    harvester = start()
    green_then_removed(harvester, plugins)
    harvester.wait_until("the LEDs are dark", lambda: set(world(harvester)["leds"]) == {DARK})


def test_leds_after_removal_of_the_last(start: Start, plugins: Path) -> None:
    """Dark as well, though nobody polls any more."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    green_then_removed(harvester, plugins)
    harvester.wait_until("the LEDs are dark", lambda: set(world(harvester)["leds"]) == {DARK},
                         seconds=3)


# The page

def test_dashboard_is_swapped(start: Start, plugins: Path) -> None:
    """Every answer is a whole page of the plugin, first of the old look, then of the new one."""
    shutil.copytree(ROOT / "plugins" / "dashboard", plugins / "dashboard",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (plugins / "one.py").write_text(COUNTER)
    page = (plugins / "dashboard" / "page.py").read_text()
    looks = [f"/* look {number} */".encode() for number in range(4)]

    def save(look: bytes) -> None:
        (plugins / "dashboard" / "page.py").write_text(f'{page}\nSTYLE += "{look.decode()}"\n')
    save(looks[0])
    harvester = start()
    harvester.wait_until("the page is the plugin's", lambda: looks[0] in harvester.get("/"))
    with Client(harvester, "/") as client:
        for look in looks[1:]:
            save(look)
            harvester.wait_until("the new look", lambda want=look: want in harvester.get("/"))
    assert {status for status, _ in client.answers} == {200}
    seen = [[look in body for look in looks].index(True) for _, body in client.answers]
    assert seen == sorted(seen) and set(seen) >= {0, 1, 2}
    assert all(body.rstrip().endswith(b"</html>") for _, body in client.answers)
    assert not complaints(harvester, "dashboard")


def test_broken_dashboard(start: Start, plugins: Path) -> None:
    """A new look that fails leaves the old one on the page, fresh as ever."""
    source = 'def render(state):\n    return f"<p>GOOD {len(state)} {state}</p>"\n'
    (plugins / "dashboard.py").write_text(source)
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_until("there is a page", lambda: b"<harvester-frame" in harvester.get("/"))
    (plugins / "dashboard.py").write_text("def render(state):\n    return state.nothing\n")
    harvester.wait_for_log(" error dashboard: AttributeError: .*'nothing'")
    page = harvester.get("/page")
    assert b"GOOD" in page
    harvester.wait_until("the page goes on", lambda: harvester.get("/page") != page, seconds=3)
    assert b"GOOD" in harvester.get("/page")
    assert "AttributeError" in harvester.plugin("dashboard")["reload_error"]


# The outputs of one that dies

DIES = """
import os
from wit_world.imports import buzzer_controller, fan_controller, led_controller, state

first = state.get("lived") is None
count = 0

def poll():
    global count
    count += 1
    if first and count == 1:
        led_controller.set_led(3, 0, 255, 0)
        led_controller.set_led(4, 0, 255, 0)
        led_controller.sync_leds()
        buzzer_controller.beep(100, 100, 1)
        fan_controller.set_fan(True)
    if first and count == 10:
        state.set("lived", b"1")
        END
    return {"first": first, "count": count}
"""


@pytest.mark.parametrize("end", ["os.abort()", "while True: pass"])
def test_outputs_of_a_dead_plugin(start: Start, plugins: Path, end: str) -> None:
    """Crashed or hung: the buzzer is silent, the fan is off, its LEDs show the fault colour until
    its next life sets them; the others are left alone.
    """
    (plugins / "one.py").write_text(DIES.replace("END", end))
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start({"plugins.one": {"deadline_seconds": DEADLINE_SECONDS},
                       "buzzer": {"max_on_seconds": 60}})
    harvester.wait_until("the LEDs are green", lambda: world(harvester)["leds"][4] == GREEN)
    harvester.wait_until("the buzzer sounds", lambda: world(harvester)["relays"]["buzzer"]["on"])
    harvester.wait_until("the fan is on", lambda: world(harvester)["relays"]["fan"]["on"])
    harvester.wait_for_log(" warning one: starts again in 1 s$")
    harvester.wait_for_data("one", "lives again", lambda data: data.get("first") is False)
    after = world(harvester)
    assert after["leds"][2:6] == [DARK, FAULT_COLOR, FAULT_COLOR, DARK]
    assert not after["relays"]["fan"]["on"]
    switched = after["relays"]["buzzer"]["switched"]
    harvester.wait_for_data("one", "counts on", lambda data: data["count"] > 5)
    assert world(harvester)["relays"]["buzzer"] == {**after["relays"]["buzzer"], "on": False}
    assert 0 < switched < 100
