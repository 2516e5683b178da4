"""SIGHUP: the configuration is read again, what can change does, the rest is named, and nothing is lost."""
import json
import os
import pty
import signal
import time
import urllib.error
from pathlib import Path
from typing import Any, Callable

import pytest
from node import COUNTER, PATIENCE, POLL_SECONDS, PROGRAM, Harvester, command, descendants, simulated

Start = Callable[..., Harvester]
Changes = dict[str, dict[str, Any]]

WITH_SETTINGS = """
import json
from wit_world.imports import settings

def poll():
    return {"room": json.loads(settings.get_all()).get("room", "none")}
"""


def reload(node: Harvester, folder: Path, changes: Changes | str) -> None:
    """Another configuration, and the signal; until the node says that it has it."""
    (folder / "config.toml").write_text(changes if isinstance(changes, str) else simulated(changes))
    before = len(node.lines)
    node.process.send_signal(signal.SIGHUP)
    node.wait_for_log("reload: (has read .* again|.* has problems)", before)


def test_hangup_ends_nothing_and_loses_nothing(start: Start, tmp_path: Path, plugins: Path) -> None:
    """The same processes go on, and the readings are in one unbroken row."""
    (plugins / "one.py").write_text(COUNTER)
    node = start({"history": {"commit_seconds": 0.2}})
    node.wait_for_value("one")
    pid = node.plugin("one")["pid"]
    for _ in range(20):
        reload(node, tmp_path, {"history": {"commit_seconds": 0.2}})
    count = node.data("one")["count"]
    node.wait_for_data("one", "counts on", lambda data: data["count"] > count + 3)
    assert node.plugin("one")["pid"] == pid and not node.log("reload: .* has changed")
    rows = node.wait_until("they are stored", lambda: [
        reading for reading in node.get_json("/api/v1/history?resolution=raw&limit=1000")["readings"]
        if reading["sensor_id"].endswith(":one")])
    counts = [row["data"]["count"] for row in rows]
    assert counts == list(range(1, len(counts) + 1))


def test_a_broken_configuration_is_refused(start: Start, tmp_path: Path, plugins: Path) -> None:
    """Every problem is in the log, and the old one goes on."""
    (plugins / "one.py").write_text(COUNTER)
    node = start({"polling": {"interval_seconds": 0.05}})
    node.wait_for_value("one")
    reload(node, tmp_path, "[polling]\nintervall_seconds = 1\n[leds]\ncount = -1\n")
    assert node.log("error broker: reload: .*config.toml:2:1: unknown key polling.intervall_seconds")
    assert node.log("error broker: reload: .*config.toml:4:9: leds.count")
    assert node.log("has problems, so the node keeps the old configuration: correct them and reload again")
    count = node.data("one")["count"]
    node.wait_for_data("one", "counts on", lambda data: data["count"] > count + 3)
    (tmp_path / "config.toml").unlink()
    before = len(node.lines)
    node.process.send_signal(signal.SIGHUP)
    node.wait_for_log("config.toml has problems", before)


def test_what_needs_a_restart_is_named(start: Start, tmp_path: Path) -> None:
    """Key by key, and nothing else is."""
    node = start()
    reload(node, tmp_path, {"cluster": {"node_id": "other"}, "leds": {"gpio_pin": 10, "brightness": 7},
                            "http": {"listen": "127.0.0.1:1"}, "logging": {"level": "debug"}})
    named = {match[1] for match in node.log(r"warning broker: reload: (\S+) has changed; restart the node")}
    assert named == {"cluster.node_id", "leds.brightness", "http.listen"}
    assert [match[1] for match in node.log(r"info broker: reload: (\S+) has changed; the new value")] == ["logging.level"]
    assert node.get_json("/api/v1/nodes")["nodes"][0]["node"] == "test"


def test_level_and_lines_of_readings(start: Start, tmp_path: Path, plugins: Path) -> None:
    """[logging] counts at once."""
    (plugins / "one.py").write_text(COUNTER)
    node = start()
    node.wait_for_log(" info one: count ")
    reload(node, tmp_path, {"logging": {"show_sensor_data": False, "timezone": "Europe/Berlin"}})
    at = len(node.lines)
    count = node.data("one")["count"]
    node.wait_for_data("one", "counts on", lambda data: data["count"] > count + 3)
    assert not [line for line in node.lines[at:] if " info one: count " in line]
    assert node.get_json("/api/v1/nodes")["nodes"][0]["timezone"] == "Europe/Berlin"
    (tmp_path / "config.toml").write_text(simulated({"logging": {"level": "error"}}))
    node.process.send_signal(signal.SIGHUP)
    node.wait_until("the zone is the default's", lambda: not node.get_json("/api/v1/nodes")["nodes"][0]["timezone"])
    assert "reload: has read" not in node.lines[-1]


def test_interval_without_loading_again(start: Start, tmp_path: Path, plugins: Path) -> None:
    """The process goes on, at its new pace."""
    (plugins / "one.py").write_text(COUNTER)
    node = start({"polling": {"interval_seconds": 3600}})
    assert node.wait_for_value("one") == {"count": 1}
    pid = node.plugin("one")["pid"]
    reload(node, tmp_path, {"polling": {"interval_seconds": 0.05}})
    node.wait_for_data("one", "counts on", lambda data: data["count"] > 3)
    assert node.plugin("one")["pid"] == pid
    reload(node, tmp_path, {"polling": {"interval_seconds": 0.05}, "plugins.one": {"deadline_seconds": 3}})
    assert node.plugin("one")["granted"]["deadline_seconds"] == 3 and node.plugin("one")["pid"] == pid


def test_settings_reach_the_plugin(start: Start, tmp_path: Path, plugins: Path) -> None:
    """That plugin alone is loaded again."""
    (plugins / "one.py").write_text(WITH_SETTINGS)
    (plugins / "two.py").write_text(COUNTER)
    node = start({"plugins.one.settings": {"room": "cellar"}})
    assert node.wait_for_value("one") == {"room": "cellar"}
    node.wait_for_value("two")
    pid = node.plugin("two")["pid"]
    for _ in range(3):  # the old settings are not used any more
        reload(node, tmp_path, {"plugins.one.settings": {"room": "cellar"}})
    reload(node, tmp_path, {"plugins.one.settings": {"room": "attic"}})
    node.wait_for_data("one", "is in the attic", lambda data: data.get("room") == "attic")
    node.wait_for_log(" info one: its configuration has changed, loading it again")
    assert node.plugin("two")["pid"] == pid and not node.log(" info two: its configuration has changed")


def test_grants_and_switches(start: Start, tmp_path: Path, plugins: Path) -> None:
    """What is taken is gone at once, what is given back comes back, and `enabled` counts."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text("allow_leds = true\nallow_i2c = [0x23]\n")
    node = start()
    node.wait_for_value("one")
    assert node.plugin("one")["granted"]["i2c"] == ["0x23"]
    reload(node, tmp_path, {"permissions": {"auto_approve": True, "deny_i2c": [0x23]}})
    node.wait_until("the address is withheld", lambda: node.plugin("one").get("granted", {}).get("i2c") == [])
    reload(node, tmp_path, {"plugins.one.grant": {"allow_leds": False}})
    node.wait_until("the LEDs are", lambda: node.plugin("one").get("granted", {}).get("leds") is False)
    assert node.plugin("one")["granted"]["i2c"] == ["0x23"]
    reload(node, tmp_path, {"plugins.one": {"enabled": False}})
    node.wait_until("it is off", lambda: node.plugin("one")["state"] == "disabled")
    reload(node, tmp_path, {"permissions": {"auto_approve": False}})
    node.wait_until("it waits", lambda: node.plugin("one")["state"] == "needs approval")
    reload(node, tmp_path, {})
    node.wait_for_value("one")


def page(node: Harvester) -> bytes:
    """What a plugin rendered; nothing while none has."""
    try:
        return node.get("/page")
    except urllib.error.HTTPError:
        return b""


def test_another_page(start: Start, tmp_path: Path, plugins: Path) -> None:
    """The page is that of the plugin that the configuration now names."""
    for name in ("one", "two"):
        (plugins / f"{name}.py").write_text(COUNTER + f"\ndef render(state):\n    return 'page of {name}'\n")
    node = start({"dashboard": {"plugin": "one"}})
    node.wait_until("its page is there", lambda: b"page of one" in page(node))
    reload(node, tmp_path, {"dashboard": {"plugin": "two"}})
    node.wait_until("the other's is", lambda: b"page of two" in page(node))


def test_hangup_without_a_configuration(tmp_path: Path) -> None:
    """The demonstration has no file to read, says so and goes on."""
    with Harvester(tmp_path) as node:
        node.process.send_signal(signal.SIGHUP)
        node.wait_for_log("reload: this node has no configuration file")


def test_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    """The kernel's SIGHUP to all processes of the session: broker, template and guests go on."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "one.py").write_text(COUNTER)
    with Harvester(tmp_path, simulated()) as node:
        node.wait_for_value("one")
        before = descendants(node.process.pid)
        assert len(before) >= 2
        for pid in (node.process.pid, *before):  # as the kernel does for the group in the foreground
            os.kill(pid, signal.SIGHUP)
        node.wait_for_log("reload: has read .* again")
        count = node.data("one")["count"]
        node.wait_for_data("one", "counts on", lambda data: data["count"] > count + 3)
        assert descendants(node.process.pid) == before


def test_the_terminal_itself_closes(tmp_path: Path) -> None:
    """A node on a real terminal whose other end goes away: its log has nowhere to go, its readings are stored."""
    config = tmp_path / "config.toml"
    config.write_text(simulated({"history": {"commit_seconds": 0.1}}))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "one.py").write_text(COUNTER)
    pid, terminal = pty.fork()
    if not pid:
        os.execv(str(PROGRAM), [str(PROGRAM), "run", "--config", str(config), "--plugins", str(tmp_path / "plugins"), "--data",
                                str(tmp_path / "data"), "--listen", "127.0.0.1:0"])
    try:
        text = b""
        while b" ready http" not in text or b" one: count" not in text:
            text += os.read(terminal, 4096)
        before = len(stored(tmp_path))
        os.close(terminal)
        deadline = time.monotonic() + PATIENCE
        while len(stored(tmp_path)) < before + 5:
            assert time.monotonic() < deadline and os.waitpid(pid, os.WNOHANG) == (0, 0)
            time.sleep(POLL_SECONDS)
    finally:
        os.kill(pid, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    counts = stored(tmp_path)
    assert counts == list(range(1, len(counts) + 1))


def stored(folder: Path) -> list[int]:
    """The counts in the history, in order."""
    done = command("history", "export", "--format", "jsonl", "--data", folder / "data")
    return [json.loads(line)["data"]["count"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_after_a_reload(start: Start, tmp_path: Path, plugins: Path, number: signal.Signals) -> None:
    """As ever."""
    (plugins / "one.py").write_text(COUNTER)
    node = start()
    node.wait_for_value("one")
    reload(node, tmp_path, {"polling": {"interval_seconds": 0.2}})
    node.process.send_signal(signal.SIGHUP)
    node.stop(number)
