"""A new version takes over between two polls, an old one that works outlives a bad one, and the
rest of the node notices nothing of either. Files that are being written, and what a candidate may
do, are in test_reload_files.py and test_reload_outputs.py.
"""
import os
import re
import signal
from pathlib import Path
from typing import Callable

import pytest
import wasm
from node import COUNTER, Harvester, is_alive
from reloads import REFUSED, TOOK_OVER, Client, complaints, counts, version, wait_for_another_count

Start = Callable[..., Harvester]

RELOADS = 100
DEADLINE_SECONDS = 1.0


def count_descriptors(harvester: Harvester) -> int:
    """Those that the broker has open."""
    return len(list(Path(f"/proc/{harvester.process.pid}/fd").iterdir()))


# 100 reloads under load

def test_hundred_reloads(start: Start, plugins: Path) -> None:
    """A file, a module of a folder and a package in lib/ change in turns. A client at 200/s sees no
    error and in every answer a version of each; a neighbour misses no poll.
    """
    (plugins / "neighbour.py").write_text(COUNTER)
    for name, module in (("two", "helper.py"), ("three", "lib/package/__init__.py")):
        (plugins / name / module).parent.mkdir(parents=True)
        (plugins / name / "plugin.py").write_text(
            f"from {Path(module.removeprefix('lib/')).parts[0].removesuffix('.py')} import poll\n")
    changing = {"one": plugins / "one.py", "two": plugins / "two" / "helper.py",
                "three": plugins / "three" / "lib" / "package" / "__init__.py"}
    for file in changing.values():
        file.write_text(version(0))
    harvester = start()
    for name in (*changing, "neighbour"):
        harvester.wait_for_value(name)
    before = harvester.plugin("neighbour")
    descriptors, processes = count_descriptors(harvester), len(harvester.processes())
    with Client(harvester, "/api/readings") as client:
        for number in range(1, RELOADS + 1):
            name = list(changing)[number % len(changing)]
            changing[name].write_text(version(number))
            harvester.wait_for_data(name, f"is version {number}",
                                    lambda data, want=number: data.get("version") == want)
        wait_for_another_count(harvester, "neighbour")
    assert len(client.answers) > RELOADS
    assert {status for status, _ in client.answers} == {200}
    for name in changing:
        values = [int(match[1]) if match else None for _, body in client.answers for match in [
            re.search(rb'"test:%s"[^}]*"version": ?(\d+)' % name.encode(), body)]]
        assert None not in values and values == sorted(values), name
        assert not complaints(harvester, name)
    seen = counts(harvester, "neighbour")
    assert seen == list(range(1, len(seen) + 1))
    after = harvester.plugin("neighbour")
    assert (after["pid"], after["errors"], after["restarts"]) == (before["pid"], 0, 0)
    assert len(harvester.log(": the new version has taken over$")) == RELOADS
    harvester.wait_until("the old versions are gone",
                         lambda: len(harvester.processes()) == processes)
    harvester.wait_until("and their sockets",
                         lambda: count_descriptors(harvester) <= descriptors)


# Versions that do not work

BROKEN = {
    "syntax": ("def poll()\n    return {}\n",
               r"SyntaxError: expected ':' \(one\.py, line 1\)"),
    "raises": ("def poll():\n    raise OSError('wire off')\n",
               r"OSError: wire off \(one\.py, line 2\)"),
    "raises-at-load": ("raise ValueError('at the top')\n",
                       r"ValueError: at the top \(one\.py, line 1\)"),
    "no-poll": ("def read():\n    return {}\n", r"TypeError: one\.py has no poll, render or .*"),
    "endless-loop": ("def poll():\n    while True:\n        pass\n",
                     r"poll\(\) took longer than its deadline of 1 s and was killed"),
    "endless-loop-at-load": ("while True:\n    pass\n",
                             r"loading took longer than its deadline of 1 s and was killed"),
    "memory-bomb": ("def poll():\n    kept = []\n    while True:\n"
                    "        kept.append(' ' * 10**6)\n",
                    r"MemoryError \(one\.py, line 4\)|used \d+ MB, its limit is \d+ MB"),
    "sys-exit": ("import sys\n\ndef poll():\n    sys.exit(3)\n",
                  r"SystemExit: 3 \(one\.py, line 4\)"),
    "os-exit": ("import os\n\ndef poll():\n    os._exit(3)\n", r".*[Ee]xit.*"),
    "os-abort": ("import os\n\ndef poll():\n    os.abort()\n", r".*unreachable.*"),
    "no-reading": ("def poll():\n    return 5\n", r"TypeError: poll returned int, expected .*"),
    "not-text": (b"\xff\xfe\x00", r".*one\.py is not UTF-8 text; save it as UTF-8"),
    "empty": ("", r"TypeError: one\.py has no poll, render or .*"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_version(start: Start, plugins: Path, name: str) -> None:
    """The old one polls on in its process without an error; the reason is in the list of plugins
    and in the log; the mended one takes over.
    """
    source, reason = BROKEN[name]
    file = plugins / "one.py"
    file.write_text(COUNTER)
    # The others end by themselves, which takes its time on a busy machine.
    deadline = DEADLINE_SECONDS if "deadline" in reason else 60
    harvester = start({"plugins.one": {"deadline_seconds": deadline}})
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    harvester.wait_for_log(REFUSED.format("one"))
    after = harvester.plugin("one")
    assert re.fullmatch(reason, after["reload_error"])
    assert (after["pid"], after["errors"], after["restarts"]) == (before["pid"], 0, 0)
    harvester.wait_for_log(f" error one: .*(?:{reason})")
    wait_for_another_count(harvester, "one")
    assert harvester.plugin("one")["pid"] == before["pid"]
    file.write_text(version(2))
    harvester.wait_for_data("one", "is mended", lambda data: data.get("version") == 2)
    assert harvester.plugin("one")["reload_error"] is None
    seen = counts(harvester, "one")
    assert seen == list(range(1, len(seen) + 1))


def test_broken_permission(start: Start, plugins: Path) -> None:
    """So it is with a permission file that cannot be understood."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    (plugins / "one.permission.toml").write_text("allow_led = true\n")
    harvester.wait_for_log(REFUSED.format("one"))
    problem = r"one\.permission\.toml:1:1: unknown key allow_led, did you mean allow_leds\?$"
    harvester.wait_for_log(f" error one: .*/{problem}")
    wait_for_another_count(harvester, "one")
    after = harvester.plugin("one")
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    assert re.search(problem, after["reload_error"])
    (plugins / "one.permission.toml").write_text("allow_leds = true\n")
    harvester.wait_for_log(TOOK_OVER.format("one"))
    assert harvester.plugin("one")["granted"]["leds"]


def test_new_plugin_with_broken_permission(start: Start, plugins: Path) -> None:
    """Not started, and every problem is said with its place; the mended one starts."""
    (plugins / "one.py").write_text(version(1))
    (plugins / "one.permission.toml").write_text("allow_led = true\nallow_fan = 3\n")
    harvester = start()
    harvester.wait_for_log(" warning one: not started: its permission file has errors:$")
    harvester.wait_for_log(r" error one: .*/one\.permission\.toml:1:1: unknown key allow_led, ")
    harvester.wait_for_log(r" error one: .*/one\.permission\.toml:2:\d+: ")
    assert harvester.plugin("one")["state"] == "refused"
    (plugins / "one.permission.toml").write_text("")
    assert harvester.wait_for_value("one") == {"version": 1}


def test_quarantined_plugin_is_mended(start: Start, plugins: Path) -> None:
    """What stays off until its file changes, as a component with a wrong import, starts with it."""
    wrong = wasm.Import("acme:thing/part@0.1.0", "do-it", {}, None)
    (plugins / "tiny.wasm").write_bytes(wasm.component(1, [wrong]))
    harvester = start()
    harvester.wait_until("it is off", lambda: harvester.plugin("tiny")["state"] == "failed")
    (plugins / "tiny.wasm").write_bytes(wasm.component(2))
    assert harvester.wait_for_value("tiny") == {"value": 2}


@pytest.mark.parametrize("content, reason", [
    (b"no component", r".*tiny\.wasm is not a WebAssembly file: build the component again"),
    (wasm.component(2, [wasm.Import("acme:thing/part@0.1.0", "do-it", {}, None)]),
     r"imports acme:thing/part@0\.1\.0#do-it, which this host does not have .*")])
def test_component(start: Start, plugins: Path, content: bytes, reason: str) -> None:
    """Components are reloaded in the same way, after they were compiled."""
    (plugins / "tiny.wasm").write_bytes(wasm.component(1))
    harvester = start()
    harvester.wait_for_value("tiny")
    before = harvester.plugin("tiny")
    (plugins / "tiny.wasm").write_bytes(content)
    harvester.wait_for_log(REFUSED.format("tiny"))
    after = harvester.plugin("tiny")
    assert re.fullmatch(reason, after["reload_error"])
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    harvester.wait_until("it polls on", lambda: harvester.plugin("tiny")["polls"] > after["polls"])
    (plugins / "tiny.wasm").write_bytes(wasm.component(3))
    harvester.wait_for_data("tiny", "is mended", lambda data: data == {"value": 3})
    assert harvester.plugin("tiny")["reload_error"] is None


WORKS_FOR_A_WHILE = """
count = 0

def poll():
    global count
    count += 1
    if count > 3:
        raise OSError("worn out")
    return {"count": count}
"""
DIES_LATE = """
import os
import time

time.sleep(1)

def poll():
    os.abort()
"""


def test_failed_candidate_does_not_take_over(start: Start, plugins: Path) -> None:
    """Where the old version fails meanwhile, the new one is started like any other: a dead candidate
    would never poll again.
    """
    (plugins / "one.py").write_text(WORKS_FOR_A_WHILE)
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text(DIES_LATE)
    harvester.wait_for_log(" warning one: starts again in 1 s$")
    assert not harvester.log(TOOK_OVER.format("one"))


# Changes that meet other events

SLOW_AND_SAYS_WHEN = """
import time

count = 0

def poll():
    global count
    count += 1
    print("begins", count)
    time.sleep(0.5)
    print("ends", count)
    return {"count": count}
"""


def test_between_two_polls(start: Start, plugins: Path) -> None:
    """A poll of the old version that is under way is not cut off, and its reading is not lost."""
    file = plugins / "one.py"
    file.write_text(SLOW_AND_SAYS_WHEN)
    harvester = start()
    harvester.wait_for_log(" info one: begins 2$")
    file.write_text(version(2))
    harvester.wait_for_log(TOOK_OVER.format("one"))
    story = [match[1] for match in harvester.log(
        r" info one: ((?:begins|ends|count|version|the new version).*)$")]
    last = story.index("the new version has taken over")
    began = sum(line.startswith("begins") for line in story[:last])
    assert [line for line in story[:last] if not line.startswith("version")] == [
        f"{word} {count}" for count in range(1, began + 1) for word in ("begins", "ends", "count")]


SLOW_WITH_A_LINE = """
import time
from wit_world.imports import gpio

def poll():
    print("begins VERSION")
    gpio.read(5)
    time.sleep(0.2)
    print("ends VERSION")
    END
    return {"version": VERSION}
"""


@pytest.mark.parametrize("end", ["", "raise OSError('wire off')"])
def test_one_version_at_a_time_on_a_device(start: Start, plugins: Path, end: str) -> None:
    """A candidate does not poll while the old one does, nor the old one while it does; one
    that fails lets the old one go on.
    """
    def save(number: int, last: str = "") -> None:
        (plugins / "one.py").write_text(
            SLOW_WITH_A_LINE.replace("VERSION", str(number)).replace("END", last))
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    save(1)
    harvester = start()
    harvester.wait_for_log(" info one: begins 1$")
    save(2, end)
    harvester.wait_for_log((REFUSED if end else TOOK_OVER).format("one"))
    last = len(harvester.lines)
    harvester.wait_for_log(" info one: ends [12]$", after=last)
    story = [match[1] for match in harvester.log(r" info one: ((?:begins|ends) \d)$")]
    assert "begins 2" in story
    for begin, finish in zip(story[::2], story[1::2]):
        assert begin.replace("begins", "ends") == finish, story


def test_newer_than_the_candidate(start: Start, plugins: Path) -> None:
    """A candidate that hangs does not hold up the next one, and its process goes."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start({"plugins.one": {"deadline_seconds": 600}})
    harvester.wait_for_value("one")
    before = harvester.processes()
    file.write_text("def poll():\n    while True:\n        pass\n")
    hung = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    file.write_text(version(3))
    harvester.wait_for_data("one", "is version 3", lambda data: data.get("version") == 3)
    harvester.wait_until("the one that hung is gone", lambda: not is_alive(hung))
    assert not complaints(harvester, "one")


def test_removed_with_a_candidate(start: Start, plugins: Path) -> None:
    """Both versions end."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start({"plugins.one": {"deadline_seconds": 600}})
    harvester.wait_for_value("one")
    old, before = harvester.plugin("one")["pid"], harvester.processes()
    file.write_text("def poll():\n    while True:\n        pass\n")
    new = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    file.unlink()
    assert harvester.wait_for_error("one") == "its plugin was removed"
    harvester.wait_until("both are gone", lambda: not is_alive(old) and not is_alive(new))
    assert not complaints(harvester, "one")


def test_old_version_dies_beside_a_candidate(start: Start, plugins: Path) -> None:
    """The new one takes over as soon as it has polled; nobody waits for the old one's pause."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    old, before = harvester.plugin("one")["pid"], harvester.processes()
    file.write_text("import time\n\ntime.sleep(0.5)\n\n" + version(2))
    new = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    os.kill(old, signal.SIGKILL)
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert (harvester.plugin("one")["pid"], harvester.plugin("one")["restarts"]) == (new, 0)
