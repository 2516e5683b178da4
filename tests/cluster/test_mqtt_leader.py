"""MQTT in a cluster: one member alone publishes readings, its successor goes on where it ended."""
import json
import re
import signal
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
from house import Forwarder
from mosquitto import Listener, Mosquitto, retained, wait_until
from nats_servers import Servers, program
from node import Harvester, simulated

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

FAILOVER = 60.0
NODES = ("attic", "cellar", "garden")
COUNTER = """
count = 0

def poll():
    global count
    count += 1
    return {"sensor_id": "steps", "count": count}
"""
PUBLISHED = re.compile(r"(\d+): Received PUBLISH from harvester-(\w+) \(.*'harvester/\w+/sensors/")


class Cluster:
    """Three members, each with a counter and with [mqtt]; they can be killed and started again."""

    def __init__(self, folder: Path, servers: Servers, broker: Mosquitto) -> None:
        self.folder, self.servers, self.broker = folder, servers, broker
        self.running: dict[str, Harvester] = {}

    def start(self, name: str, url: str | None = "") -> Harvester:
        """Each has a folder of its own, which outlives it. `url`: of another broker, or None without [mqtt]."""
        place = self.folder / name
        (place / "plugins").mkdir(parents=True, exist_ok=True)
        (place / "plugins" / "steps.py").write_text(COUNTER)
        mqtt = {} if url is None else {"mqtt": {"url": url or self.broker.url, "history": True}}
        text = simulated({"cluster": {"node_id": name, "engine": "nats", "urls": self.servers.urls},
                          "history": {"commit_seconds": 0.2}, **mqtt})
        self.running[name] = Harvester(place, text).__enter__()
        return self.running[name]

    def kill(self, name: str) -> None:
        """As a power cut does."""
        node = self.running.pop(name)
        node.process.kill()
        node.process.wait()

    def holder(self, task: str) -> str:
        """As those that run see it; "" if they do not agree on one of them."""
        seen = {node.get_json("/api/v1/cluster")[task]["node"] for node in self.running.values()}
        found = seen.pop()
        return found if not seen and found in self.running else ""

    def wait_for_publisher(self) -> str:
        """All see the same."""
        return str(wait_until("all see one publisher", lambda: self.holder("mqtt"), FAILOVER))

    def publishers(self, begin: int = 0) -> list[str]:
        """Who published readings, in the order in which the broker got them, each once a turn."""
        turns: list[str] = []
        for _, name in PUBLISHED.findall(self.broker.log()[begin:]):
            if turns[-1:] != [name]:
                turns.append(name)
        return turns


def history(listener: Listener, name: str) -> list[dict[str, Any]]:
    """Of a node's counter, as it came."""
    return [json.loads(text) for text in listener.payloads(f"harvester/{name}/sensors/steps/history")]


def last_sequence(listener: Listener, name: str) -> int:
    """Of a node's counter, 0 before the first."""
    return max((item["sequence"] for item in history(listener, name)), default=0)


def wait_for_more(listener: Listener, names: list[str], count: int = 8) -> None:
    """Of each of the nodes."""
    for name in names:
        until = last_sequence(listener, name) + count
        wait_until(f"more of {name}", lambda name=name, until=until: last_sequence(listener, name) >= until, FAILOVER)


@contextmanager
def house(tmp_path: Path) -> Iterator[tuple[Cluster, Listener]]:
    """Servers, a broker, and what it passes on; the nodes that were started end with it."""
    with Servers(tmp_path) as servers, Mosquitto(tmp_path / "broker") as broker, \
            Listener(broker.port, "harvester/#", "homeassistant/#") as listener:
        cluster = Cluster(tmp_path, servers, broker)
        try:
            yield cluster, listener
        finally:
            for name in [*cluster.running]:
                cluster.kill(name)


def test_the_leader_publishes_for_all(tmp_path: Path) -> None:
    """One at a time; after its death another one goes on, and nobody says wrong things about who is there."""
    with house(tmp_path) as (cluster, listener):
        for name in NODES:
            cluster.start(name)
        first = cluster.wait_for_publisher()
        wait_for_more(listener, [*NODES])
        for name in NODES:
            listener.wait(f"harvester/{name}/availability", lambda text: text == "online")
            sensor = listener.json(f"homeassistant/device/harvester_{name}_steps/config")
            node = listener.json(f"homeassistant/device/harvester_{name}/config")
            assert sensor["dev"]["via_device"] == f"harvester_{name}" == node["dev"]["ids"][0]
            assert json.loads(listener.wait(f"harvester/{name}/state"))["uptime_seconds"] > 0
        assert cluster.publishers() == [first]

        cluster.kill(first)
        second = cluster.wait_for_publisher()
        others = [*cluster.running]
        wait_for_more(listener, others)
        assert cluster.publishers() == [first, second]
        assert listener.payloads(f"harvester/{first}/availability")[-1] == "offline"
        check_history(listener, others)

        cluster.start(first)
        wait_for_more(listener, [*NODES])
        listener.wait(f"harvester/{first}/availability", lambda text: text == "online")
        assert cluster.publishers() == [first, second]
        cluster.running.pop(second).stop()
        third = cluster.wait_for_publisher()
        wait_for_more(listener, [*cluster.running])
        assert cluster.publishers() == [first, second, third]
        check_history(listener, [*cluster.running])
        # For longer than the cluster lists it, and than the leader believes that list.
        said = listener.payloads(f"harvester/{second}/availability")
        assert said[-1] == "offline"
        wait_until("the cluster has forgotten it", lambda: second not in [
            node["node"] for node in cluster.running[third].get_json("/api/v1/nodes")["nodes"]], FAILOVER)
        wait_for_more(listener, [*cluster.running])
        assert set(listener.payloads(f"harvester/{second}/availability")[len(said):]) <= {"offline"}
        kept = retained(cluster.broker.port, "harvester/+/availability")
        assert kept == {f"harvester/{name}/availability": "offline" if name == second else "online" for name in NODES}


def test_a_paused_leader_publishes_nothing_more(tmp_path: Path) -> None:
    """When it goes on, another one publishes, and it has not."""
    with house(tmp_path) as (cluster, listener):
        for name in NODES:
            cluster.start(name)
        first = cluster.wait_for_publisher()
        wait_for_more(listener, [*NODES])
        paused = cluster.running.pop(first)
        paused.process.send_signal(signal.SIGSTOP)
        try:
            second = cluster.wait_for_publisher()
            wait_for_more(listener, [*cluster.running])
        finally:
            paused.process.send_signal(signal.SIGCONT)
            cluster.running[first] = paused
        assert cluster.wait_for_publisher() == second
        wait_for_more(listener, [*NODES])
        assert cluster.publishers() == [first, second]
        check_history(listener, [*NODES])


def test_a_member_that_does_not_know_the_broker(tmp_path: Path) -> None:
    """Another one publishes its readings, although it leads, says that it is there, and that it is gone."""
    with house(tmp_path) as (cluster, listener):
        cluster.start("garden", url=None)
        wait_until("it leads", lambda: cluster.holder("leader") == "garden", FAILOVER)
        cluster.start("attic")
        wait_for_more(listener, ["attic", "garden"])
        listener.wait("harvester/garden/availability", lambda text: text == "online")
        cluster.kill("garden")
        wait_until("it is gone", lambda: listener.payloads("harvester/garden/availability")[-1] == "offline")
        assert listener.payloads("harvester/garden/availability") == ["online", "offline"]


def test_who_loses_the_broker_gives_the_task_away(tmp_path: Path) -> None:
    """It reaches the cluster, whose leader it stays, and not the broker: another one publishes, also what came meanwhile."""
    with house(tmp_path) as (cluster, listener):
        road = Forwarder(SimpleNamespace(hub_port=cluster.broker.port), 0)
        cluster.start("attic", url=road.url.replace("http", "mqtt"))
        assert cluster.wait_for_publisher() == "attic"
        wait_until("it leads", lambda: cluster.holder("leader") == "attic", FAILOVER)
        cluster.start("garden")
        wait_for_more(listener, ["attic", "garden"])
        assert cluster.publishers() == ["attic"]
        road.cut()
        wait_until("the other one publishes", lambda: cluster.holder("mqtt") == "garden", FAILOVER)
        assert cluster.holder("leader") == "attic"
        wait_for_more(listener, ["attic", "garden"])
        road.mend()
        listener.wait("harvester/attic/availability", lambda text: text == "online")
        wait_for_more(listener, ["attic", "garden"], 40)
        assert cluster.publishers() == ["attic", "garden"]
        check_history(listener, ["attic", "garden"])
        road.remove()


def check_history(listener: Listener, names: list[str]) -> None:
    """Each reading came; what came again is the little that the one before had not yet told its successor."""
    for name in names:
        sequences = [item["sequence"] for item in history(listener, name)]
        counts = {item["sequence"]: item["count"] for item in history(listener, name)}
        ordered = [counts[key] for key in sorted(counts)]
        runs = [b - a for a, b in zip(ordered, ordered[1:]) if b > 1]
        assert set(runs) <= {1}, f"{name}: a gap in {ordered}"
        print(f"{name}: {len(sequences)} came, {len(sequences) - len(counts)} of them again")
        assert len(sequences) - len(counts) <= 60, f"{name}: {sequences}"
