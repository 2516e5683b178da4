"""The dashboards in share/grafana: JSON that Grafana can import, whose queries ask for what a node really has."""
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
from far_database import FarDatabase
from node import ROOT, Harvester

FOLDER = ROOT / "share" / "grafana"
FILES = ["harvester.json", "harvester-influx.json"]
PLUGIN = 'def poll():\n    return {"sensor_id": "oven", "t": 21.5, "open": True}\n'

Start = Callable[..., Harvester]


def load(name: str) -> dict[str, Any]:
    """A dashboard."""
    board: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return board


def queries(board: dict[str, Any], key: str) -> list[str]:
    """All queries of its panels."""
    return [target[key] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("name", FILES)
def test_a_dashboard_can_be_imported(name: str) -> None:
    """What Grafana's import needs: inputs that the panels use, ids, and places that do not overlap."""
    board = load(name)
    inputs = {"${" + given["name"] + "}" for given in board["__inputs"]}
    assert board["schemaVersion"] >= 36 and board["uid"] and board["title"]
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == inputs
    assert {variable["datasource"]["uid"] for variable in board["templating"]["list"]} == inputs
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in board["panels"]):
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken
        taken |= cells


def test_every_metric_and_label_exists(start: Start, plugins: Path) -> None:
    """Each name in the dashboard over /metrics is a metric of a node, with the labels of the legend."""
    (plugins / "oven.py").write_text(PLUGIN)
    with FarDatabase() as database:
        node = start({"influx": {"url": database.url}, "history": {"commit_seconds": 0.1}})
        node.wait_until("the sensor has metrics", lambda: b'sensor="oven"' in node.get("/metrics"))
        text = node.get("/metrics").decode()
    board = load("harvester.json")
    names = set(re.findall(r"^(harvester_\w+)", text, re.MULTILINE))
    asked = queries(board, "expr") + [variable["query"] for variable in board["templating"]["list"]]
    found = {name for query in asked for name in re.findall(r"\bharvester_\w+", query)} - {"harvester_"}
    assert len(found) > 10 and found <= names, f"no such metrics: {found - names}"
    for target in (target for panel in board["panels"] for target in panel["targets"]):
        metric = re.search(r"harvester_\w+", target["expr"])
        labels = re.findall(r"{{(\w+)}}", target["legendFormat"])
        pattern = metric[0] if metric and metric[0] != "harvester_" else r"harvester_\w+"
        lines = re.findall(rf"^{pattern}{{.*}}", text, re.MULTILINE)
        assert not labels or any(all(f'{label}="' in line for label in labels) for line in lines)


def test_the_measurement_and_the_tags_exist(start: Start, plugins: Path) -> None:
    """The dashboard over InfluxDB asks for the measurement and the tags that a node writes."""
    (plugins / "oven.py").write_text(PLUGIN)
    with FarDatabase() as database:
        node = start({"influx": {"url": database.url}, "history": {"commit_seconds": 0.1}})
        node.wait_until("a line comes", lambda: any("sensor=oven" in line for line in database.lines))
        line = next(line for line in database.lines if "sensor=oven" in line)
    measurement, *tags = line.split(" ")[0].split(",")
    for query in queries(load("harvester-influx.json"), "query"):
        assert f'r._measurement == "{measurement}"' in query
        assert set(re.findall(r"\br\.([a-z]\w*)", query)) <= {tag.split("=")[0] for tag in tags}
