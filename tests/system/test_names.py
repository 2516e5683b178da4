"""Whose name is whose: of sensors, of plugins and in the log."""
import json
import re
from pathlib import Path
from typing import Any

from node import PATIENCE, Harvester, command, simulated

QUICK = {"polling": {"interval_seconds": 0.05}}


def place(folder: Path, **plugins: str) -> None:
    """Plugins by name, before the node starts."""
    (folder / "plugins").mkdir(exist_ok=True)
    for name, source in plugins.items():
        (folder / "plugins" / f"{name}.py").write_text(source)


def conflicts(node: Harvester, plugin: str) -> list[dict[str, Any]]:
    """What the API says of a plugin's conflicts."""
    return node.plugin(plugin).get("conflicts", [])


SEVERAL = """
count = 0


def poll():
    global count
    count += 1
    return [{"count": count}, {"sensor_id": "kitchen", "count": count}, {"sensor_id": "web.", "count": count}]
"""


def test_the_plugin_is_the_source_of_its_readings(tmp_path: Path) -> None:
    """Whatever it calls its sensors; the text says which sensor it is."""
    place(tmp_path, several=SEVERAL, posing='def poll():\n    return {"sensor_id": "broker", "text": "ready"}\n')
    with Harvester(tmp_path, simulated(QUICK)) as node:
        node.wait_for_log(r" info several: count \d+$")
        node.wait_for_log(r" info several: kitchen: count \d+$")
        node.wait_for_log(r" info several: web\.: count \d+$")
        assert "the name broker is reserved" in node.wait_for_error("posing")
        assert not node.log(r" info (kitchen|web\.): ") and not node.log(" info broker: text ready")


def test_a_plugin_cannot_have_a_name_of_the_host(tmp_path: Path) -> None:
    """Its lines would look like the host's own."""
    place(tmp_path, broker="def poll():\n    return {}\n", one="def poll():\n    return {'x': 1}\n")
    with Harvester(tmp_path, simulated(QUICK)) as node:
        node.wait_for_value("one")
        node.wait_for_log(r" warning plugins: \S+/broker\.py: the name broker is reserved")
        assert list(node.all_plugins()) == ["one"]
    done = command("plugin", "new", "Web", cwd=tmp_path)
    assert done.returncode == 1 and "this name is reserved" in done.stderr


FLOOD = """
count = 0


def poll():
    global count
    count += 1
    return [{"count": count}, *({"sensor_id": f"f{number}", "count": count} for number in range(200))]
"""


def test_readings_push_no_event_out_of_the_log(tmp_path: Path) -> None:
    """Two hundred a poll: the events stay, and the terminal shows no more than the plugin may log."""
    place(tmp_path, flood=FLOOD)
    with Harvester(tmp_path, simulated({"polling": {"interval_seconds": 0.02}})) as node:
        count = node.wait_for_data("flood", "has polled a lot", lambda data: data["count"] > 20)["count"]
        sources = [line["source"] for line in node.get_json("/api/v1/logs?limit=1000")["logs"]]
        assert "broker" in sources and sources.count("flood") < 10
        assert any("info flood: found" in line for line in node.get_json("/api/logs")["logs"])
        shown = len(node.log(" info flood: .*count"))
        assert 0 < shown < 200 * count / 4
        assert node.plugin("flood")["dropped_lines"] > 1000


OWNER = 'def poll():\n    return {"sensor_id": "kitchen", "value": 1}\n'
THIEF = ('def poll():\n    return [{"sensor_id": "mine", "value": 2}, {"sensor_id": "kitchen", "value": 2},\n'
         '            {"sensor_id": "zz-owner", "value": 2}]\n')


def test_a_sensor_is_its_owners_whoever_polls_first(tmp_path: Path) -> None:
    """The thief has the first name, and a start of its own: still nothing of another's is to be had."""
    place(tmp_path, **{"zz-owner": OWNER})
    with Harvester(tmp_path, simulated(QUICK)) as node:
        node.wait_for_value("kitchen")
    kept = json.loads((tmp_path / "data" / "sensors" / "zz-owner.json").read_text())
    assert kept["sensors"] == ["kitchen"] and kept["gone_ms"] == 0
    # The owner is away when the thief comes first, and when it is there again.
    (tmp_path / "plugins" / "zz-owner.py").rename(tmp_path / "zz-owner.py")
    place(tmp_path, thief=THIEF)
    with Harvester(tmp_path, simulated(QUICK)) as node:
        node.wait_for_value("mine")
        node.wait_until("the conflict is shown", lambda: conflicts(node, "thief"))
        assert conflicts(node, "thief") == [{"sensor": "kitchen", "owner": "zz-owner"}]
        assert "kitchen" not in node.readings()
        (tmp_path / "zz-owner.py").rename(tmp_path / "plugins" / "zz-owner.py")
        assert node.wait_for_value("kitchen") == {"value": 1}
        node.wait_until("its own name is not to be had any more", lambda: len(conflicts(node, "thief")) == 2)
        listed = command("plugin", "list", "--data", tmp_path / "data")
        assert "its sensor kitchen belongs to the plugin zz-owner" in listed.stdout
        assert node.data("kitchen") == {"value": 1}
        said = node.log(r" warning thief: its sensor kitchen belongs to the plugin zz-owner: these readings are ignored; ")
        assert len(said) == 1
        # The author gives it another name: the conflict is over.
        (tmp_path / "plugins" / "thief.py").write_text('def poll():\n    return {"sensor_id": "mine", "value": 3}\n')
        node.wait_until("no conflict is left", lambda: node.plugin("thief").get("conflicts") == [], seconds=PATIENCE)
        assert not re.search("belongs to the plugin", command("plugin", "list", "--data", tmp_path / "data").stdout)
