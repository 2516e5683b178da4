"""What a reading may be: the same in the table, the API, the history, its export and the metrics."""
import json
import re
import time
from pathlib import Path

from node import Harvester, command, simulated

LARGEST = 1.7976931348623157e308

EDGES = f'''
count = 0


def poll():
    global count
    count += 1
    full = {{f"f{{i}}": i for i in range(63)}} | {{"largest": {LARGEST}}}
    if count % 2 == 0:
        raise OSError("no \\x1b[2J acknowledge")
    return [{{"sensor_id": "full", **full}}, {{"sensor_id": "nan", **full, "largest": float("nan")}},
            {{"sensor_id": "bell", "text": "a\\ab", "good": 5, "tiny": 5e-324}}]
'''

TIMES = '''
def poll():
    return [{"sensor_id": f"at{i}", "timestamp_ms": at, "value": i}
            for i, at in enumerate((2 ** 63 - 1, 1, 1577836799999, 1893456000000, 4102444800000))]
'''


def config() -> str:
    """Quick, and all in the history at once."""
    return simulated({"cluster": {"node_id": "here"}, "history": {"commit_seconds": 0.1}, "polling": {"interval_seconds": 0.2}})


def metric(node: Harvester, line: str) -> float:
    """Its value; 0 where it is not there."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", node.get("/metrics").decode(), re.MULTILINE)
    return float(found[1]) if found else 0


def test_the_largest_number_survives_every_printer(tmp_path: Path) -> None:
    """With 15 digits it was an infinity to all who read it, and a hub refused the whole batch."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "edges.py").write_text(EDGES)
    with Harvester(tmp_path, config()) as node:
        seen = node.wait_for_data("full", "has its numbers", lambda data: data.get("largest"))
        assert seen["largest"] == LARGEST and len(seen) == 64
        failed = node.wait_for_data("full", "failed", lambda data: data.get("last_good_ms"))
        assert failed["error"].startswith("OSError: no ?[2J acknowledge") and failed["f7"] is None and len(failed) == 66
        bell = node.wait_for_data("bell", "is there", lambda data: data.get("good"))
        assert bell["tiny"] == 5e-324 and bell["text"] is None
        assert bell["error"] == ("text: the text has a control character (0x07) at byte 2; "
                                "only tabs and line ends are allowed")
        node.wait_until("the history has all", lambda: len(node.get_json(
            "/api/v1/history?sensor=full&resolution=raw")["readings"]) > 2)
        page = node.get_json("/api/v1/history?sensor=full&resolution=raw")["readings"]
        assert page[0]["data"]["largest"] == LARGEST
        assert metric(node, 'harvester_plugin_values_left_out_total{plugin="edges"}') > 0
        assert metric(node, "harvester_history_refused_total") == 0
        assert len(node.log(r" warning edges: reading 3, field text: the text has a control")) == 1
    lines = [json.loads(line) for line in command("history", "export", "--format", "jsonl", "--sensor", "full",
                                                  "--data", tmp_path / "data").stdout.splitlines()]
    assert lines[0]["data"]["largest"] == LARGEST
    table = command("history", "export", "--sensor", "full", "--data", tmp_path / "data").stdout
    assert '"largest",1.7976931348623157e+308' in table


def test_timestamps_far_from_now_become_now(tmp_path: Path) -> None:
    """They stayed last_update for good, and the oldest or the newest of the history."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "times.py").write_text(TIMES)
    begin = int(time.time() * 1000)
    with Harvester(tmp_path, config()) as node:
        for index in range(5):
            assert node.wait_for_value(f"at{index}") == {"value": index}
        shown = node.get_json("/api/readings")
        now = int(time.time() * 1000)
        times = [reading["timestamp_ms"] for reading in shown["readings"]] + [shown["last_update"]]
        assert all(begin <= each <= now for each in times), times
        node.wait_until("it has polled more often", lambda: node.plugin("times")["polls"] > 3)
        assert len(node.log(r" warning times: reading 1, field timestamp_ms: 9223372036854775807 is more than a day "
                            r"before or a minute after this node's clock")) == 1
        assert metric(node, 'harvester_plugin_timestamps_moved_total{plugin="times"}') >= 15
        assert node.plugin("times")["errors"] == 0
