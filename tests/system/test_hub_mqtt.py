"""A hub publishes for its spokes, over MQTT and to a database: readings, topology, who is online."""
import json
from pathlib import Path
from typing import Iterator

import pytest
from far_database import FarDatabase
from homeassistant_schema import check
from mosquitto import Listener, Mosquitto, wait_until
from node import COUNTER, Harvester, simulated
from pairing import folder_of, invite, join

QUICK = {"commit_seconds": 0.1}
HISTORY = "harvester/cellar/sensors/counter/history"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets everybody in."""
    with Mosquitto(tmp_path / "broker") as mosquitto:
        yield mosquitto


def start_hub(path: Path, broker: Mosquitto, database: FarDatabase) -> Harvester:
    """Not yet in its `with`."""
    return Harvester(folder_of(path, "hub"), simulated({
        "cluster": {"node_id": "hub", "role": "hub"}, "history": QUICK, "influx": {"url": database.url},
        "mqtt": {"url": broker.url, "history": True}}))


def start_spoke(path: Path) -> Harvester:
    """It counts."""
    here = folder_of(path, "cellar")
    (here / "plugins").mkdir(exist_ok=True)
    (here / "plugins" / "counter.py").write_text(COUNTER)
    return Harvester(here, simulated({"cluster": {"node_id": "cellar"}, "history": QUICK}))


def test_a_hub_speaks_for_its_spokes(tmp_path: Path, broker: Mosquitto) -> None:
    """One publisher: states, history in order, devices by way of the spoke's and the hub's; and it says when the spoke is silent."""
    with (FarDatabase() as database, start_hub(tmp_path, broker, database) as hub,
          Listener(broker.port, "harvester/#", "homeassistant/#") as listener):
        join(folder_of(tmp_path, "cellar"), invite(tmp_path / "hub", hub.address))
        with start_spoke(tmp_path) as spoke:
            assert listener.json("harvester/cellar/sensors/counter/state", lambda state: "count" in state)
            listener.wait("harvester/cellar/availability", lambda text: text == "online")
            sensor = listener.json("homeassistant/device/harvester_cellar_counter/config")
            cellar = listener.json("homeassistant/device/harvester_cellar/config")
            own = listener.json("homeassistant/device/harvester_hub/config")
            wait_until("history comes", lambda: len(listener.payloads(HISTORY)) > 10)
            wait_until("the database has it", lambda: len(database.counts("counter")) > 10)
            spoke.process.kill()
            spoke.process.wait()
            listener.wait("harvester/cellar/availability", lambda text: text == "offline")
        for name, config in (("cellar_counter", sensor), ("cellar", cellar), ("hub", own)):
            check(f"homeassistant/device/harvester_{name}/config", config)
        assert sensor["dev"]["via_device"] == cellar["dev"]["ids"][0] == "harvester_cellar"
        assert cellar["dev"]["via_device"] == own["dev"]["ids"][0] == "harvester_hub"
        assert "via_device" not in own["dev"]
        assert cellar["cmps"]["connected"]["state_topic"] == "harvester/cellar/availability"
        counts = [json.loads(text)["count"] for text in listener.payloads(HISTORY)]
        assert counts == list(range(counts[0], counts[0] + len(counts)))
        assert all("node=cellar" in line for line in database.lines if "sensor=counter" in line)
