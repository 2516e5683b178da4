"""A hub that is a member of a cluster: its spokes' readings in the cluster's log, with real nats-servers."""
import gzip
import json
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cluster_readings import cluster, counted
from nats_servers import Servers, program
from nats_wire import Client
from node import COUNTER, Harvester, simulated
from pairing import folder_of, invite, join

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

QUICK = {"commit_seconds": 0.2}


class House:
    """The hub attic, which is a member, its spoke cellar, which counts its polls, and the member garden."""

    def __init__(self, path: Path, servers: Servers) -> None:
        """All of them run."""
        self.path, self.servers = path, servers
        self.stack = ExitStack()
        self.attic = self.member("attic", role="hub")
        self.garden = self.member("garden")
        for node in (self.attic, self.garden):
            node.wait_until("the cluster is ready", lambda node=node: cluster(node)["state"] == "ready")
        folder = folder_of(path, "cellar")
        (folder / "plugins").mkdir()
        (folder / "plugins" / "counter.py").write_text(COUNTER)
        join(folder, invite(path / "attic", self.attic.address))
        self.cellar = self.stack.enter_context(Harvester(folder, simulated({
            "cluster": {"node_id": "cellar"}, "history": QUICK})))

    def member(self, name: str, **keys: Any) -> Harvester:
        """Start a member; the hub again at the address that its spoke knows."""
        folder = folder_of(self.path, name)
        options = ("--listen", self.attic.address.removeprefix("http://")) if hasattr(self, name) else ()
        return self.stack.enter_context(Harvester(folder, simulated({"history": QUICK, "cluster": {
            "node_id": name, "engine": "nats", "urls": self.servers.urls, "replicas": len(self.servers.all), **keys}}),
            options=options))

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.close()


def wait_for_more(node: Harvester, than: int) -> None:
    """The node has newer readings of the spoke, all of them, once and in order."""
    node.wait_until(f"it has more than {than} of the spoke", lambda: counted(node, "cellar")[-1:] > [than], 60)
    found = counted(node, "cellar")
    assert found == list(range(found[0], found[0] + len(found)))


def test_another_member_answers_for_a_spoke(tmp_path: Path) -> None:
    """Its history, its table and the log have the spoke's readings, also those from while the hub was dead."""
    with Servers(tmp_path) as servers, House(tmp_path, servers) as house:
        wait_for_more(house.garden, 5)
        house.garden.wait_until("its table shows the spoke", lambda: "counter" in house.garden.readings())
        assert cluster(house.attic)["relayed"]["spokes"] == 1
        assert cluster(house.garden)["relayed"]["spokes"] == 0
        messages = house.garden.get_json("/api/v1/log?after=0&limit=64")["messages"]
        assert {message["hub"] for message in messages if message["node"] == "cellar"} == {"attic"}
        assert not [message for message in messages if message["node"] == "attic" and message["hub"]]
        house.attic.process.kill()
        house.attic.process.wait()
        before = house.cellar.wait_for_value("counter")["count"]
        house.cellar.wait_for_data("counter", "measures on", lambda data: data["count"] > before + 10)
        house.attic = house.member("attic", role="hub")
        wait_for_more(house.garden, before + 10)
        assert re.search(r"^harvester_cluster_relayed_readings_total(\{[^}]*\})? [1-9]", house.attic.get("/metrics").decode(), re.M)


def test_a_log_that_is_deleted_is_filled_from_the_hub(tmp_path: Path) -> None:
    """The store of the only server is lost: the new log has what the hub has of its spoke, from the start."""
    with Servers(tmp_path) as servers, House(tmp_path, servers) as house:
        wait_for_more(house.garden, 5)
        first, identity = counted(house.garden, "cellar")[0], cluster(house.attic)["log"]["identity"]
        servers.all[0].kill()
        servers.all[0].forget()
        servers.all[0].start()
        house.garden.wait_until("there is another log", lambda: cluster(house.garden)["log"]["identity"] != identity and cluster(
            house.garden)["state"] == "ready", 60)

        def logged() -> list[int]:
            return [reading["data"]["count"] for message in house.garden.get_json("/api/v1/log?after=0&limit=64")["messages"]
                    for reading in message["readings"] if message["node"] == "cellar" and reading["sensor"] == "counter"]
        house.garden.wait_until("the log begins where the hub's history does", lambda: logged()[:1] == [first])
        wait_for_more(house.garden, counted(house.garden, "cellar")[-1])


def test_a_hub_that_claims_a_members_name(tmp_path: Path) -> None:
    """What a hub says of a member is refused and counted by all, also while that member is away."""
    with Servers(tmp_path) as servers, House(tmp_path, servers) as house:
        wait_for_more(house.garden, 2)
        house.garden.wait_until("it has written to the log", lambda: cluster(house.garden)["published"]["messages"] > 0)

        def is_there() -> bool:
            return "garden" in {node["node"] for node in house.attic.get_json("/api/v1/nodes")["nodes"]}
        house.attic.wait_until("garden is there", is_there)
        house.garden.stop()
        house.attic.wait_until("garden is no longer there", lambda: not is_there(), 60)
        body = gzip.compress(json.dumps({
            "protocol": 2, "node": "garden", "stream": "1", "sent_ms": 1, "skipped": 0, "logs": [], "readings": [
                {"sequence": 1, "timestamp_ms": int(time.time() * 1000), "sensor": "counter", "plugin": "counter",
                 "simulated": True, "data": {"count": 1}}]}).encode())
        client = Client(servers.all[0].host, servers.all[0].port)
        assert client.request("harvester.log.relayed/barn.garden", body, "Nats-Msg-Id: garden/1/1-1\r\n")["seq"]
        client.close()
        house.attic.wait_for_log("warning cluster: refused message .* the hub barn relays readings of garden, which is the name "
                                 "of a member")
        assert cluster(house.attic)["read"]["refused"] == 1
        assert not counted(house.attic, "garden")
