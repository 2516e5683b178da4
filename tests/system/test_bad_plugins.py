"""Every wrong and hostile plugin of bad.py in one run, beside a good one that must not notice."""
import os
import re
import socket
from datetime import datetime
from pathlib import Path
from typing import Iterator

import bad
import pytest
from node import COUNTER, Harvester, is_alive, simulated

TOO_LONG = ("endless-loop", "endless-loop-at-load", "sleeps", "catches-all")
GAP_SECONDS = 5  # far more than the neighbour needs on a loaded machine, far less than a hang

EXPECTED = "expected a record, a list of records, a dict or None"

# What the reading says of each plugin's failure.
ERRORS = {
    "syntax": r"SyntaxError: expected ':'",
    "module-exception": r"ValueError: at the top",
    "no-function": r"TypeError: no-function\.py has no poll, render or update: define one of them "
                   r"as a function, or as a method of one class",
    "two-classes": r"TypeError: two-classes\.py has several classes with poll, render or update: "
                   r"One, Two; keep one, or start the other names with _",
    "missing-module": r"ModuleNotFoundError: module 'bz2' does not exist in the sandbox",
    "missing-package": r"ModuleNotFoundError: module 'numpy' does not exist in the sandbox; "
                       r"a pure-Python package can be put in the plugin's lib/ folder",
    "raises": r"RuntimeError: the sensor is on fire",
    "recursion": r"RecursionError: maximum recursion depth exceeded",
    "system-exit": r"SystemExit: 3",
    "sys-exit": r"SystemExit: bye",
    "os-exit": r"trap: Exited with i32 exit status 1",
    "os-abort": r"trap: wasm trap: wasm `unreachable` instruction executed \(Python stops like this .* limit is 64 MB\)",
    "error-without-text": r"Odd: <exception str\(\) failed>",
    "gives-int": rf"TypeError: poll returned int, {EXPECTED}",
    "gives-ints": rf"TypeError: poll returned a list with int in it, {EXPECTED}",
    "gives-bytes": r"TypeError: reading 1, field 'raw': bytes cannot be a reading's value",
    "gives-surrogate": r"TypeError: reading 1, field 'text': text that is not valid Unicode",
    "gives-zero": r"TypeError: reading 1, field 'text': text with a zero character",
    "gives-big-int": r"TypeError: reading 1, field 'n': an integer of more than 64 bits cannot be "
                     r"a reading's value",
    "too-large": r"reading 1: the reading has more than 16384 bytes as JSON text; return less data or split it over several sensors",
    "too-many-fields": r"reading 1: the reading has more than 64 fields; spread them over several sensors",
    "too-many-readings": r"poll\(\) returned more than 256 readings: return fewer",
    "too-deep": r"TypeError: reading 1, field 'deep(\[0\]){7}': more than 8 levels deep",
    "endless-text": r"the result is larger than 1 MiB",
    "number-as-id": r"reading 1, field sensor_id: expected a string, found a number",
    "endless-loop": r"poll\(\) took longer than its deadline of 0\.3 s and was killed",
    "endless-loop-at-load": r"loading took longer than its deadline of 0\.3 s and was killed",
    "sleeps": r"poll\(\) took longer than its deadline of 0\.3 s and was killed",
    "catches-all": r"poll\(\) took longer than its deadline of 0\.3 s and was killed",
    "memory-bomb": r"MemoryError",
    "memory-bomb-in-one": r"MemoryError",
}

# The author's line that such an error ends with, where one of theirs was running.
LINES = {"syntax": 3, "module-exception": 2, "missing-module": 1, "missing-package": 1, "raises": 2,
         "recursion": 2, "system-exit": 2, "sys-exit": 4, "error-without-text": 7, "memory-bomb": 5,
         "memory-bomb-in-one": 2}

# Those that go on after a failed poll, and those that need a new process.
GOES_ON = ("raises", "raises-in-turns", "recursion", "system-exit", "sys-exit", "gives-int",
           "gives-bytes", "memory-bomb", "memory-bomb-in-one", "endless-text", "too-deep")
STARTS_AGAIN = ("syntax", "module-exception", "os-exit", "os-abort", *TOO_LONG)


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A service on this machine that would take a plugin's connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory,
              listener: socket.socket) -> Iterator[Harvester]:
    """One node for all of this file."""
    probes = bad.PROBES.replace("PORT", str(listener.getsockname()[1]))
    folder: Path = tmp_path_factory.mktemp("bad")
    changes = {f"plugins.{name}": {"deadline_seconds": 0.3} for name in TOO_LONG}
    changes |= {"polling": {"interval_seconds": 0.5, "deadline_seconds": 20},
                "plugins.neighbour": {"interval_seconds": 0.1}}
    (folder / "plugins").mkdir()
    for name, source in {**bad.SOURCES, "mended": bad.SOURCES["os-abort"], "neighbour": COUNTER, "probes": probes,
                         "random-1": bad.RANDOM, "random-2": bad.RANDOM}.items():
        (folder / "plugins" / f"{name}.py").write_text(source)
    with Harvester(folder, simulated(changes)) as harvester:
        harvester.wait_for_value("neighbour")
        yield harvester


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_error_of_the_reading(harvester: Harvester, name: str) -> None:
    """The reading's only content is the error."""
    place = rf" \({name}\.py, line {LINES[name]}\)" if name in LINES else ""
    assert re.fullmatch(ERRORS[name] + place, harvester.wait_for_error(name))
    assert harvester.data(name).keys() == {"error", "last_good_ms"}
    assert harvester.data(name)["last_good_ms"] is None


@pytest.mark.parametrize("name, place", [
    ("syntax", 'File "syntax.py", line 3$'),
    ("module-exception", 'File "module-exception.py", line 2, in <module>$'),
    ("raises", 'File "raises.py", line 2, in poll$'),
    ("missing-module", 'File "missing-module.py", line 1, in <module>$'),
    ("error-without-text", 'File "error-without-text.py", line 7, in poll$')])
def test_log_says_where(harvester: Harvester, name: str, place: str) -> None:
    """File and line, once: not again while the same error lasts. Nothing of the runtime."""
    harvester.wait_for_log(f" error {name}: +{place}")
    harvester.wait_until("it has failed more often", lambda: harvester.plugin(name)["errors"] > 1)
    assert len(harvester.log(f" error {name}: +{place}")) == 1
    assert not harvester.log(r' error \S+: .*File "(/|<frozen)')


@pytest.mark.parametrize("name", GOES_ON)
def test_plugin_goes_on_after_a_failure(harvester: Harvester, name: str) -> None:
    """In the same process, at its interval."""
    harvester.wait_for_log(f" error {name}: ")
    before = harvester.plugin(name)
    harvester.wait_until("it polls on",
                         lambda: harvester.plugin(name)["polls"] > before["polls"] + 1)
    after = harvester.plugin(name)
    assert (after["pid"], after["restarts"], after["kills"]) == (before["pid"], 0, 0)


@pytest.mark.parametrize("name", STARTS_AGAIN)
def test_plugin_starts_again_later(harvester: Harvester, name: str) -> None:
    """The pause doubles, and the process is another one."""
    for seconds in (1, 2):
        harvester.wait_for_log(f" warning {name}: starts again in {seconds} s$")
    harvester.wait_until("it was started again", lambda: harvester.plugin(name)["restarts"] > 1)
    assert harvester.plugin(name)["kills"] > 1 if name in TOO_LONG else (
        harvester.plugin(name)["kills"] == 0)


@pytest.mark.parametrize("name", ["os-exit", "os-abort"])
def test_a_trap_is_one_error(harvester: Harvester, name: str) -> None:
    """Not one for the answer and another for the process' end."""
    harvester.wait_for_log(f" warning {name}: starts again in 2 s$")
    plugin = harvester.wait_until("it pauses, or stays off", lambda: (
        found := harvester.plugin(name))["state"] in ("backoff", "failed") and found)
    assert plugin["errors"] == plugin["polls"]


@pytest.mark.parametrize("name", ["too-large", "too-many-fields", "number-as-id"])
def test_a_bad_reading_is_an_error(harvester: Harvester, name: str) -> None:
    """It is counted, and said once, as any other failed poll."""
    harvester.wait_until("it has polled more often", lambda: harvester.plugin(name)["polls"] > 2)
    plugin = harvester.plugin(name)
    assert plugin["errors"] > 1 and re.search(ERRORS[name], plugin["reason"])
    assert len(harvester.log(f" error {name}: ")) == 1


def test_every_second_poll_fails(harvester: Harvester) -> None:
    """Values and errors take turns; an error nulls the values and says when there was one."""
    name = "raises-in-turns"
    good = harvester.wait_for_value(name)
    assert good.keys() == {"count"} and good["count"] % 2 == 0
    failed = harvester.wait_for_data(name, "failed", lambda data: data.get("last_good_ms"))
    assert failed["count"] is None
    assert failed["error"] == "OSError: loose contact (raises-in-turns.py, line 8)"
    harvester.wait_for_log(f" info {name}: works again$")
    assert harvester.wait_for_value(name)["count"] > good["count"]


def test_not_finite(harvester: Harvester) -> None:
    """Such a field is null and named; the others are there."""
    assert harvester.wait_for_data("not-finite", "is there", bool) == {
        "a": None, "b": None, "c": 1.5, "error": "a is nan; b is -inf"}


def test_nothing_is_a_result(harvester: Harvester) -> None:
    """None is no reading and no error."""
    harvester.wait_until("it polls", lambda: harvester.plugin("gives-none")["polls"] > 1)
    assert harvester.plugin("gives-none")["errors"] == 0
    assert "gives-none" not in harvester.readings()


def test_most_fields(harvester: Harvester) -> None:
    """At the limit all is well; too-many-fields has one more."""
    assert harvester.wait_for_value("most-fields") == {f"f{i}": i for i in range(64)}


def test_odd_sensor_names(harvester: Harvester) -> None:
    """What is no letter, digit, "-", "_", "." or ":" becomes "_"; 64 bytes are kept."""
    for sensor, value in (("with_space", 1), ("quote__b__", 2), ("y" * 64, 3), (".._.._etc", 4)):
        assert harvester.wait_for_value(sensor) == {"value": value}
    assert all(re.fullmatch(r"[\w.:-]{1,64}", sensor) for sensor in harvester.readings())


def test_a_megabyte_of_output(harvester: Harvester) -> None:
    """Some lines are shown; how many were not is counted and said."""
    harvester.wait_for_value("talks")
    said = harvester.wait_for_log(
        r" warning talks: dropped (\d+) of its lines: it may log 20 a second$")
    assert int(said[1]) > 0
    shown = len(harvester.log(r" info talks: line \d{5} \.{40}$"))
    plugin = harvester.plugin("talks")
    assert plugin["dropped_lines"] + shown >= 20_000 * plugin["polls"]
    assert shown < 0.1 * plugin["dropped_lines"]


def test_a_burst_of_output(harvester: Harvester) -> None:
    """What was dropped is said even if the plugin never speaks again."""
    harvester.wait_until("it polls on", lambda: harvester.plugin("talks-once")["polls"] > 3)
    said = harvester.log(
        r" warning talks-once: dropped (\d+) of its lines: it may log 20 a second$")
    shown = harvester.log(" info talks-once: word$")
    assert sum(int(line[1]) for line in said) + len(shown) == 1000


def test_fake_lines(harvester: Harvester) -> None:
    """Whatever a plugin prints or raises is labelled as its own, and has no control characters."""
    for text in ("2026-01-31T12:00:00.000Z error broker: the house is on fire",
                 "?[2J?[31mred???1m ?back?line",
                 "?? raw?2026-01-31T12:00:00.000Z info broker: fake", "no line ends here"):
        harvester.wait_for_log(rf" info fakes-lines: {re.escape(text)}$")
    harvester.wait_for_log(r" error fakes-lines: 2026-01-31T12:00:00.000Z error broker: lines$")
    assert harvester.data("fakes-lines")["error"] == "ValueError: two (fakes-lines.py, line 9)"
    whole = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) "
                       r"[\w.-]{1,64}: [^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*")
    with harvester.news:
        assert [line for line in harvester.lines if not whole.fullmatch(line)] == []
    assert not harvester.log("^2026-01-31")


def test_plugins_reach_nothing(harvester: Harvester, listener: socket.socket) -> None:
    """No file, process, socket or foreign function; no environment."""
    found = harvester.wait_for_value("probes")
    probes = re.findall(r'^    "(\w+)": ', bad.PROBES, re.MULTILINE)
    assert len(probes) == 14
    for probe in probes:
        assert re.match(r"(AttributeError|FileNotFoundError|ModuleNotFoundError|OSError"
                        r"|PermissionError|NotImplementedError|RuntimeError): ", found[probe]), (probe, found[probe])
    assert found["environment"] == "[]" and found["arguments"] == "['plugin']"
    assert not Path("/tmp/from-a-plugin").exists()
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_random_numbers_differ(harvester: Harvester) -> None:
    """All are forked from one image; none has its generator's state, or another's."""
    one, other = harvester.wait_for_value("random-1"), harvester.wait_for_value("random-2")
    assert len({*one.values(), *other.values()}) == 10


def test_processes_are_locked_down(harvester: Harvester) -> None:
    """No privileges to gain, a system call filter, a user of its own where the broker is root."""
    status = Path(f"/proc/{harvester.plugin('neighbour')['pid']}/status").read_text()
    fields = dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert fields["CapEff"] == fields["CapPrm"] == "0" * 16
    assert "0" not in fields["Uid"].split()
    if os.geteuid() == 0:
        own = str(1996488704 + harvester.plugin("neighbour")["pid"])
        assert fields["Uid"].split() == fields["Gid"].split() == [own] * 4


def test_no_memory_is_shared(harvester: Harvester) -> None:
    """Neither template nor guest has a page that both can write: it would be a way to the broker."""
    for pid in (harvester.template(), harvester.plugin("neighbour")["pid"]):
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "r-xp" in maps
        assert not re.findall(r"^.* .w.s .*$", maps, re.MULTILINE)


def test_neighbour_goes_on(harvester: Harvester) -> None:
    """Its polls never paused, and its process is the first one."""
    before = harvester.data("neighbour")["count"]
    harvester.wait_for_data("neighbour", "counts on", lambda data: data["count"] > before + 10)
    lines = harvester.log(r"^(\S+) info neighbour: count (\d+)$")
    times = [datetime.fromisoformat(line[1]) for line in lines]
    gaps = [(after - one).total_seconds() for one, after in zip(times, times[1:])]
    assert max(gaps) < GAP_SECONDS
    assert [int(line[2]) for line in lines] == list(range(1, len(lines) + 1))
    plugin = harvester.plugin("neighbour")
    assert (plugin["errors"], plugin["restarts"], plugin["kills"]) == (0, 0, 0)


def test_five_deaths_in_a_row_are_enough(harvester: Harvester) -> None:
    """One that only dies is left alone until its file changes; its process is gone. One that was
    killed is one that died; one that only says no is tried again for ever.
    """
    for name, error in (("endless-loop", ERRORS["endless-loop"]), ("mended", ERRORS["os-abort"])):
        harvester.wait_for_log(f" error {name}: stays off for 1 h, or until its file changes: {error}$")
        plugin = harvester.plugin(name)
        assert (plugin["state"], plugin["restarts"]) == ("failed", 4)
        assert not plugin["pid"] or not is_alive(plugin["pid"])
    assert harvester.plugin("syntax")["state"] == "backoff"
    (harvester.plugins / "mended.py").write_text(COUNTER)
    assert harvester.wait_for_value("mended")["count"] > 0
