"""Plugins that give very much: table, state, events and page have a share for each of the others."""
import http.client
import json
import re
import shutil
from pathlib import Path
from typing import Any, Callable, Iterator

from node import COUNTER, PATIENCE, ROOT, Harvester, command

Start = Callable[..., Harvester]

FULL = """
def poll():
    return [{"sensor_id": f"%s-{i}", "x": i} for i in range(256)]
"""

# A megabyte in each poll.
FLOOD = """
count = 0

def poll():
    global count
    count += 1
    return [{"sensor_id": f"%s-{i}", "count": count, "text": "x" * 16000} for i in range(62)]
"""

FIELDS = """
def poll():
    return [{"sensor_id": f"fields-{i}", **{f"f{k}": k for k in range(64)}} for i in range(256)]
"""

DISPLAY = """
import json

def update(state):
    left_out = json.loads(state).get("left_out", [])
    print("left out:", json.dumps(left_out), "of", len(state))
"""


def values(node: Harvester, plugin: str) -> dict[str, dict[str, Any]]:
    """The data of its sensors."""
    return {reading["sensor"]: reading["data"] for reading in node.get_json("/api/v1/readings")["readings"]
            if reading["plugin"] == plugin}


def over_share(node: Harvester, plugin: str) -> str:
    """What its card says of that."""
    return "; ".join(node.plugin(plugin)["over_share"])


def test_full_tables_leave_places_for_others(start: Start, plugins: Path, tmp_path: Path) -> None:
    """4 plugins with 256 sensors each fill the table; one that comes later has its readings."""
    for i in range(4):
        (plugins / f"flood-{i}.py").write_text(FULL % f"flood-{i}")
    node = start({"polling": {"interval_seconds": 0.5}})
    node.wait_until("the table is full", lambda: len(node.get_json("/api/v1/readings")["readings"]) == 1024)
    (plugins / "honest.py").write_text(FULL.replace("256", "40") % "honest")
    (plugins / "broken.py").write_text("def poll():\n    raise ValueError('no answer')\n")
    node.wait_until("all its sensors are there", lambda: len(values(node, "honest")) == 40)
    node.wait_until("the broken one is there", lambda: "broken" in values(node, "broken"))
    node.wait_until("a flood is told", lambda: any(
        "of its sensors are not shown: it has more sensors than its share allows"
        in over_share(node, f"flood-{i}") for i in range(4)))
    assert not over_share(node, "honest")
    assert "over its share: " in command("plugin", "list", "--data", tmp_path / "data").stdout
    assert re.search(rb"^harvester_readings_refused_total [1-9]", node.get("/metrics"), re.MULTILINE)


def test_a_large_state_kills_nobody(start: Start, plugins: Path) -> None:
    """What pages and displays get can always be sent, and says what it lacks."""
    (plugins / "flood.py").write_text(FLOOD % "flood")
    (plugins / "fields.py").write_text(FIELDS)
    (plugins / "display.py").write_text(DISPLAY)
    (plugins / "dht22.py").write_text(COUNTER)
    shutil.copytree(ROOT / "plugins" / "dashboard", plugins / "dashboard")
    # What a page costs its plugin is not measured here, and the machine may be busy.
    node = start({"polling": {"interval_seconds": 0.5, "deadline_seconds": 60}})
    line = node.wait_for_log(r'left out: \[.*\{"node": "[^"]+", "plugin": "flood", "readings": (\d+)\}.*\]'
                             r' of (\d+)')
    assert int(line[1]) > 20 and int(line[2]) < 1 << 20
    assert "of its sensors are missing from the state that pages and displays get" in over_share(node, "flood")
    first = values(node, "dht22")["dht22"]["count"]
    node.wait_until("the neighbour goes on", lambda: values(node, "dht22")["dht22"]["count"] > first + 4)
    node.wait_until("the page has it", lambda: b"<h2>dht22</h2>" in node.get("/"))
    node.wait_until("the page says what it lacks", lambda: b"more sensors are not drawn here" in node.get("/"))
    for name in ("display", "dashboard", "dht22"):
        plugin = node.plugin(name)
        assert (plugin["kills"], plugin["errors"], plugin["restarts"]) == (0, 0, 0), node.tail(f"{plugin}")


def readings_of(node: Harvester) -> Iterator[dict[str, Any]]:
    """Each reading that the events tell of."""
    connection = http.client.HTTPConnection(node.address.removeprefix("http://"), timeout=PATIENCE)
    connection.request("GET", "/api/v1/events")
    answer = connection.getresponse()
    event = ""
    try:
        while line := answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                event = value
            if name == "data" and event == "readings":
                yield from json.loads(value)["readings"]
    finally:
        connection.close()


def test_events_show_a_neighbour_beside_floods(start: Start, plugins: Path) -> None:
    """4 floods give a megabyte as often as they may; each poll of the neighbour is told all the same."""
    for i in range(4):
        (plugins / f"flood-{i}.py").write_text(FLOOD % f"flood-{i}")
    (plugins / "honest.py").write_text(COUNTER)
    node = start({"polling": {"interval_seconds": 0.05}, "plugins.honest": {"interval_seconds": 1}})
    node.wait_until("a flood is slowed", lambda: any(
        "polled less often" in over_share(node, f"flood-{i}") for i in range(4)))
    told: list[int] = []
    for reading in readings_of(node):
        if reading["plugin"] == "honest":
            told.append(reading["data"]["count"])
        if len(told) == 12:
            break
    assert told[1:] == list(range(told[1], told[1] + 11)), told
    assert node.plugin("flood-0")["slowed_polls"] > 0
    assert node.plugin("honest")["slowed_polls"] == 0
    assert re.search(rb'^harvester_plugin_slowed_polls_total{plugin="flood-0"} [1-9]', node.get("/metrics"),
                     re.MULTILINE)
