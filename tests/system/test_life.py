"""Plugins and processes come and go: files change, processes are killed, the node is stopped."""
import os
import signal
from pathlib import Path
from typing import Callable

import pytest
from node import COUNTER, Harvester, is_alive, simulated

Start = Callable[..., Harvester]

STUCK = "def poll():\n    while True:\n        pass\n"
ANSWER = 'def poll():\n    return {"answer": ANSWER}\n'


def test_file_is_dropped_changed_and_removed(start: Start, plugins: Path) -> None:
    """Each is noticed by itself; a reading of what is gone says so."""
    harvester = start()
    file = plugins / "one.py"
    file.write_text(ANSWER.replace("ANSWER", "41"))
    assert harvester.wait_for_value("one") == {"answer": 41}
    harvester.wait_for_log(" info one: found$")
    old = harvester.plugin("one")["pid"]
    file.write_text(ANSWER.replace("ANSWER", "42"))
    harvester.wait_for_data("one", "has the new answer", lambda data: data["answer"] == 42)
    harvester.wait_for_log(" info one: changed, loading it again$")
    assert not is_alive(old)
    new = harvester.plugin("one")["pid"]
    file.unlink()
    gone = harvester.wait_for_data("one", "is gone", lambda data: "error" in data)
    assert gone["answer"] is None and gone["error"] == "its plugin was removed"
    harvester.wait_for_log(" info one: removed$")
    assert harvester.plugin("one") == {}
    harvester.wait_until("its process is gone", lambda: not is_alive(new))


def test_other_files_of_a_folder(start: Start, plugins: Path) -> None:
    """A module and the permissions matter; a note does not, nor does an editor's copy."""
    folder = plugins / "one"
    (folder / "lib" / "inner").mkdir(parents=True)
    (folder / "plugin.py").write_text("from inner import value\n\ndef poll():\n"
                                      "    return {'value': value}\n")
    (folder / "lib" / "inner" / "__init__.py").write_text("value = 1\n")
    harvester = start()
    harvester.wait_for_data("one", "is 1", lambda data: data.get("value") == 1)
    (folder / "lib" / "inner" / "__init__.py").write_text("value = 22\n")
    harvester.wait_for_data("one", "is 22", lambda data: data.get("value") == 22)
    (folder / "permission.toml").write_text("allow_leds = true\n")
    harvester.wait_until("the LEDs are granted",
                         lambda: harvester.plugin("one")["granted"]["leds"])
    pid = harvester.wait_until("it runs", lambda: harvester.plugin("one")["pid"])
    for name in ("notes.txt", ".plugin.py.swp", "plugin.py~"):
        (folder / name).write_text("nothing\n")
    (plugins / "last.py").write_text(COUNTER)  # seen after the others
    harvester.wait_for_value("last")
    assert harvester.plugin("one")["pid"] == pid


def test_rename_over(start: Start, plugins: Path) -> None:
    """How editors and package managers write."""
    (plugins / "one.py").write_text(ANSWER.replace("ANSWER", "41"))
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py.tmp").write_text(ANSWER.replace("ANSWER", "42"))
    os.rename(plugins / "one.py.tmp", plugins / "one.py")
    harvester.wait_for_data("one", "has the new answer", lambda data: data["answer"] == 42)
    assert not harvester.log(" one.py")


def test_bad_new_version(start: Start, plugins: Path) -> None:
    """The old one, which works, goes on in its process, and it is said why; a good one takes over
    without a gap.
    """
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_data("one", "has counted", lambda data: data["count"] > 3)
    before = harvester.plugin("one")
    (plugins / "one.py").write_text("import time\nsyntax error\n")
    harvester.wait_for_log(" error one: the new version failed, the old version goes on:$")
    harvester.wait_for_log(' error one:   File "one.py", line 2$')
    after = harvester.plugin("one")
    assert after["reload_error"].splitlines()[-1] == "SyntaxError: invalid syntax (one.py, line 2)"
    assert (after["pid"], after["errors"], before["reload_error"]) == (before["pid"], 0, None)
    count = harvester.wait_for_value("one")["count"]
    harvester.wait_for_data("one", "counts on", lambda data: data["count"] > count + 3)
    (plugins / "one.py").write_text(ANSWER.replace("ANSWER", "42"))
    harvester.wait_for_data("one", "has the new answer", lambda data: data.get("answer") == 42)
    harvester.wait_for_log(" info one: the new version has taken over$")
    after = harvester.plugin("one")
    assert after["reload_error"] is None and after["pid"] != before["pid"]
    assert not harvester.log(" info one: .*error")


def test_mended_at_once(start: Start, plugins: Path) -> None:
    """A change ends the pause of a plugin that failed."""
    (plugins / "one.py").write_text("syntax error\n")
    harvester = start()
    harvester.wait_for_log(" warning one: starts again in 2 s$")
    (plugins / "one.py").write_text(COUNTER)
    assert "error" not in harvester.wait_for_value("one")
    assert harvester.plugin("one")["restarts"] == 0


def test_fifty_polls_keep_the_state(start: Start, plugins: Path) -> None:
    """An instance lives from load to reload."""
    (plugins / "counter.py").write_text(
        "class Counter:\n    def __init__(self):\n        self.count = 0\n"
        "    def poll(self):\n        self.count += 1\n        return {'count': self.count}\n")
    harvester = start({"polling": {"interval_seconds": 0.05}})
    harvester.wait_for_log(" info counter: count 50$")
    counts = [int(line[1]) for line in harvester.log(r" info counter: count (\d+)$")]
    assert counts == list(range(1, len(counts) + 1))


def test_slow_polls_do_not_pile_up(start: Start, plugins: Path) -> None:
    """One that takes longer than its interval is polled when it is ready, and that is counted."""
    (plugins / "slow.py").write_text("import time\n" + COUNTER.replace(
        "    count +=", "    time.sleep(0.25)\n    count +="))
    (plugins / "fast.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_until("polls were late", lambda: harvester.plugin("slow")["late_polls"] > 5)
    slow, fast = harvester.plugin("slow"), harvester.plugin("fast")
    assert slow["median_poll_ms"] >= 250 > fast["median_poll_ms"]
    assert (slow["errors"], slow["kills"]) == (0, 0) and slow["polls"] < fast["polls"]


def test_guest_is_killed(start: Start, plugins: Path) -> None:
    """It comes back after its pause, in a process that begins anew; its neighbour goes on."""
    for name in ("one", "neighbour"):
        (plugins / f"{name}.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_data("one", "has counted", lambda data: data["count"] > 5)
    harvester.wait_for_value("neighbour")
    neighbour = harvester.plugin("neighbour")
    pid = harvester.plugin("one")["pid"]
    os.kill(pid, signal.SIGKILL)
    harvester.wait_for_log(r" error one: the guest process was killed from outside "
                           r"\(out of memory\?\) \(signal 9\)$")
    harvester.wait_for_log(" warning one: starts again in 1 s$")
    again = harvester.wait_for_value("one")
    assert again["count"] < 5
    one, after = harvester.plugin("one"), harvester.plugin("neighbour")
    assert one["pid"] != pid and (one["restarts"], one["kills"]) == (1, 0)
    assert (after["pid"], after["errors"]) == (neighbour["pid"], 0)
    assert after["polls"] > neighbour["polls"]


@pytest.mark.parametrize("number, text", [
    (signal.SIGABRT, r"the guest process crashed \(signal 6\)"),
    (signal.SIGSYS, r"the guest process made a forbidden system call \(signal 31\)")])
def test_words_for_signals(start: Start, plugins: Path, number: signal.Signals,
                           text: str) -> None:
    """What ended the process is said."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    os.kill(harvester.plugin("one")["pid"], number)
    harvester.wait_for_log(f" error one: {text}$")
    harvester.wait_until("it is back", lambda: harvester.plugin("one")["state"] == "idle")


def test_template_is_killed(start: Start, plugins: Path) -> None:
    """What lives goes on in its process; what starts later gets a new template."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    template = harvester.template()
    os.kill(template, signal.SIGKILL)
    harvester.wait_until("it is gone", lambda: not is_alive(template))
    polls = harvester.plugin("one")["polls"]
    harvester.wait_until("the plugin polls on",
                         lambda: harvester.plugin("one")["polls"] > polls + 3)
    after = harvester.plugin("one")
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    (plugins / "later.py").write_text(COUNTER)
    harvester.wait_for_value("later")
    assert harvester.template() != template


def test_broker_is_killed(tmp_path: Path, plugins: Path) -> None:
    """No guest outlives it, not even one that never looks at its socket."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "stuck.py").write_text(STUCK)
    with Harvester(tmp_path, simulated({"polling": {"deadline_seconds": 600}})) as harvester:
        harvester.wait_for_value("one")
        harvester.wait_until("one is stuck",
                             lambda: harvester.plugin("stuck")["state"] == "calling")
        below = harvester.processes()
        assert len(below) == 3
        harvester.process.kill()
        harvester.process.wait()
        harvester.wait_until("every guest is gone", lambda: not any(map(is_alive, below)),
                             may_end=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop(start: Start, plugins: Path, number: signal.Signals) -> None:
    """Within the promised two seconds whatever plugins do: one is stuck, one pauses, one polls."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "stuck.py").write_text(STUCK)
    (plugins / "pauses.py").write_text("syntax error\n")
    harvester = start({"polling": {"deadline_seconds": 600}})
    harvester.wait_for_value("one")
    harvester.wait_for_log(" warning pauses: starts again")
    harvester.wait_until("one is stuck", lambda: harvester.plugin("stuck")["state"] == "calling")
    assert len(harvester.processes()) >= 3
    harvester.stop(number, seconds=2)
    assert [line.string.partition("Z ")[2] for line in harvester.log(" broker: stop")] == [
        "info broker: stopping", "info broker: stopped"]


def test_duration(tmp_path: Path, plugins: Path) -> None:
    """It ends by itself, as well as by a signal."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = Harvester(tmp_path, simulated(), plugins, ("--duration", "0.5"))
    assert harvester.end() == 0, harvester.tail("it did not end well")
    assert harvester.log(" info one: count 1$") and harvester.log("info broker: stopped$")


def test_stop_while_starting(start: Start, plugins: Path) -> None:
    """The first forks are still under way."""
    for number in range(10):
        (plugins / f"p{number}.py").write_text(COUNTER)
    start().stop(seconds=2)


def test_http_while_a_plugin_is_stuck(start: Start, plugins: Path) -> None:
    """The broker waits for nobody: an answer comes long before the plugin's deadline."""
    (plugins / "stuck.py").write_text(STUCK)
    harvester = start({"polling": {"deadline_seconds": 600}})
    harvester.wait_until("it is stuck", lambda: harvester.plugin("stuck")["state"] == "calling")
    for _ in range(20):
        assert harvester.get_json("/healthz", seconds=2) == {"status": "ok"}
        assert "readings" in harvester.get_json("/api/readings", seconds=2)
    assert harvester.plugin("stuck")["state"] == "calling"
    assert harvester.plugin("stuck")["kills"] == 0
