"""Members of a cluster, with real nats-servers: the log, the leader, commands, and what is refused."""
import json
import signal
import socket
import time
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from cluster_readings import cluster, counted
from nats_servers import Servers, program
from node import COUNTER, PATIENCE, Harvester, simulated
from pairing import folder_of, invite, join

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

QUICK = {"commit_seconds": 0.2}
# A lease of 4 s, the others' patience, and an election of the servers themselves.
FAILOVER = 60.0


def config(node: str, servers: Servers, first: int = 0, **cluster: Any) -> str:
    """Of a member whose nearest server is number `first`."""
    urls = servers.urls[first:] + servers.urls[:first]
    return simulated({"cluster": {"node_id": node, "engine": "nats", "urls": urls,
                                  "replicas": len(servers.all), **cluster}, "history": QUICK})


def member(path: Path, node: str, servers: Servers, first: int = 0, **cluster: Any) -> Harvester:
    """A node with a plugin that counts its polls."""
    folder = path / node
    (folder / "plugins").mkdir(parents=True, exist_ok=True)
    (folder / "plugins" / "counter.py").write_text(COUNTER)
    return Harvester(folder, config(node, servers, first, **cluster))


def leader(node: Harvester) -> str | None:
    """Who leads, as this node sees it."""
    return cluster(node)["leader"]["node"]


def is_leader(node: Harvester) -> bool:
    """Whether it leads at this moment."""
    return cluster(node)["leader"]["is_self"]


def page_of_log(node: Harvester, after: int) -> dict[str, Any]:
    """Some messages. A hub has to ask again while the servers elect, which the status 503 says."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return node.get_json(f"/api/v1/log?after={after}&limit=64")
        except urllib.error.HTTPError as refused:
            detail = json.load(refused)["detail"]
            assert refused.code == 503 and time.monotonic() < deadline, detail
        time.sleep(0.2)


def log(node: Harvester) -> list[dict[str, Any]]:
    """The whole replicated log, as an outside hub would read it."""
    found, after = [], 0
    while True:
        page = page_of_log(node, after)
        found += page["messages"]
        if not page["messages"]:
            return found
        after = page["next"]


def wait_ready(node: Harvester) -> None:
    """Until the log can be read and written."""
    node.wait_until("the cluster is ready", lambda: cluster(node)["state"] == "ready")


def test_each_member_answers_for_all(tmp_path: Path) -> None:
    """Readings of two nodes are in the histories of both, and in the log, once and in order."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers) as attic, \
            member(tmp_path, "cellar", servers) as cellar:
        wait_ready(attic)
        wait_ready(cellar)
        for node, other in ((attic, "cellar"), (cellar, "attic")):
            node.wait_until(f"it has readings of {other}", lambda node=node, other=other: len(counted(node, other)) > 5)
            counts = counted(node, other)
            assert counts == list(range(counts[0], counts[0] + len(counts)))
            node.wait_until(f"its table shows {other}", lambda node=node, other=other: any(
                reading["sensor_id"] == f"{other}:counter" for reading in node.get_json("/api/v1/readings")["readings"]))
        sequences: dict[str, list[int]] = {"attic": [], "cellar": []}
        for message in log(attic):
            sequences[message["node"]] += [reading["sequence"] for reading in message["readings"]]
        for name, found in sequences.items():
            assert found and found == sorted(set(found)), name
        attic.wait_until("it sees both", lambda: {node["node"] for node in attic.get_json("/api/v1/nodes")["nodes"]} == {
            "attic", "cellar"})


def test_readings_wait_while_the_servers_are_away(tmp_path: Path) -> None:
    """No quorum at the start, and again later: the node works on, and publishes everything afterwards."""
    with Servers(tmp_path) as servers:
        servers.all[0].kill()
        with member(tmp_path, "attic", servers) as attic:
            attic.wait_for_value("counter")
            attic.wait_for_log("warning cluster: not connected to the cluster")
            assert cluster(attic)["state"] == "waiting"
            with pytest.raises(urllib.error.HTTPError) as refused:
                attic.get("/api/v1/log")
            assert refused.value.code == 503 and "cannot be read now" in json.load(refused.value)["detail"]
            servers.all[0].start()
            wait_ready(attic)
            attic.wait_until("it has published", lambda: cluster(attic)["published"]["readings"] > 10)
            servers.all[0].kill()
            attic.wait_until("it notices", lambda: cluster(attic)["state"] == "waiting")
            servers.all[0].start()
            wait_ready(attic)
            before = counted(attic, "attic")[-1]

            def published() -> list[int]:
                return [reading["data"]["count"] for message in log(attic) for reading in message["readings"]
                        if reading["sensor"] == "counter"]
            attic.wait_until("the log has what was measured meanwhile", lambda: published()[-1:] >= [before])
            counts = published()
            assert counts == list(range(counts[0], counts[0] + len(counts)))


def test_the_leader_moves_when_it_dies(tmp_path: Path) -> None:
    """One leads; when it is killed another does, with a higher term; and the old one does not when it comes back."""
    with Servers(tmp_path, 3) as servers, member(tmp_path, "attic", servers, 0) as attic, \
            member(tmp_path, "cellar", servers, 1) as cellar:
        nodes = {"attic": attic, "cellar": cellar}
        for node in nodes.values():
            wait_ready(node)
        first = attic.wait_until("somebody leads", lambda: leader(attic), FAILOVER)
        attic.wait_until("it leads by its own view", lambda: is_leader(nodes[first]))
        other = nodes["cellar" if first == "attic" else "attic"]
        assert not is_leader(other)
        term = cluster(other)["leader"]["term"]
        nodes[first].process.send_signal(signal.SIGSTOP)
        other.wait_until("the other one leads", lambda: is_leader(other), FAILOVER)
        assert cluster(other)["leader"]["term"] > term
        nodes[first].process.send_signal(signal.SIGCONT)
        nodes[first].wait_until("the first sees that", lambda: leader(nodes[first]) not in (first, None))
        assert not is_leader(nodes[first])


def test_a_leader_that_stops_gives_the_lease_up(tmp_path: Path) -> None:
    """On an orderly end nobody has to wait for the lease to expire: the key says that it is free."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers) as attic:
        attic.wait_until("it leads", lambda: is_leader(attic))
        with member(tmp_path, "cellar", servers) as cellar:
            cellar.wait_until("it knows the leader", lambda: leader(cellar) == "attic")
            attic.stop()
            cellar.wait_until("it leads", lambda: is_leader(cellar))


def test_one_of_three_servers_may_die(tmp_path: Path) -> None:
    """Nodes at the others, and the node of the dead one, publish on."""
    with Servers(tmp_path, 3) as servers, member(tmp_path, "attic", servers, 0) as attic, \
            member(tmp_path, "cellar", servers, 1) as cellar:
        wait_ready(attic)
        wait_ready(cellar)
        servers.all[0].kill()
        seen = counted(cellar, "attic")[-1:] or [0]
        cellar.wait_until("it has newer readings of attic", lambda: counted(cellar, "attic")[-1:] > [seen[0] + 20], FAILOVER)
        counts = counted(cellar, "attic")
        assert counts == list(range(counts[0], counts[0] + len(counts)))


def test_a_log_that_is_deleted_is_filled_again(tmp_path: Path) -> None:
    """The store of the only server is lost: the nodes fill a new log from their histories."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers) as attic:
        wait_ready(attic)
        attic.wait_until("the log has readings", lambda: cluster(attic)["published"]["readings"] > 10)
        identity, first = cluster(attic)["log"]["identity"], counted(attic, "attic")[0]
        servers.all[0].kill()
        servers.all[0].forget()
        servers.all[0].start()

        def is_another() -> bool:
            now = cluster(attic)
            return now["state"] == "ready" and now["log"]["identity"] != identity
        attic.wait_until("there is another log", is_another)

        def counts() -> list[int]:
            return [reading["data"]["count"] for message in log(attic) for reading in message["readings"]
                    if reading["sensor"] == "counter"]
        attic.wait_until("it begins where the node's history does", lambda: counts()[:1] == [first])
        found = counts()
        assert found == list(range(found[0], found[0] + len(found)))


def test_commands_reach_another_node_once(tmp_path: Path) -> None:
    """The answer is the other node's; without it the caller learns that it is not known."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers) as attic, \
            member(tmp_path, "cellar", servers) as cellar:
        wait_ready(attic)
        wait_ready(cellar)
        status, _ = attic.post("/api/v1/nodes/cellar/leds", {"color": "#00ff00", "seconds": 60})
        assert status == 204
        assert set(cellar.get_json("/api/v1/nodes/self/leds")["leds"]) == {"#00ff00"}
        status, problem = attic.post("/api/v1/nodes/garden/buzzer", {"pattern": "single"})
        assert status == 404 and "garden is not connected to the cluster now" in problem["detail"]
        cellar.process.send_signal(signal.SIGSTOP)
        status, problem = attic.post("/api/v1/nodes/cellar/buzzer", {"pattern": "single"})
        cellar.process.send_signal(signal.SIGCONT)
        assert status in (503, 504) and "it is not known whether it carried out" in problem["detail"]
        assert cluster(attic)["commands"]["unknown"] == 1


def test_a_hub_may_be_a_member(tmp_path: Path) -> None:
    """It lists its spokes and the other members, and sends commands to both."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers, role="hub") as attic, \
            member(tmp_path, "garden", servers) as garden:
        wait_ready(attic)
        wait_ready(garden)
        cellar_folder = folder_of(tmp_path, "cellar")
        join(cellar_folder, invite(tmp_path / "attic", attic.address))
        with Harvester(cellar_folder, simulated({"cluster": {"node_id": "cellar"}, "history": QUICK})) as cellar:
            attic.wait_until("it sees both", lambda: {
                node["node"]: node["role"] for node in attic.get_json("/api/v1/nodes")["nodes"] if node["online"]} == {
                    "attic": "member", "garden": "member", "cellar": "spoke"})
            for name, node in (("cellar", cellar), ("garden", garden)):
                assert attic.post(f"/api/v1/nodes/{name}/leds", {"color": "#00ff00", "seconds": 60})[0] == 204
                assert set(node.get_json("/api/v1/nodes/self/leds")["leds"]) == {"#00ff00"}
            status, problem = attic.post("/api/v1/nodes/nobody/buzzer", {"pattern": "single"})
            assert status == 404 and "nobody is not connected" in problem["detail"]
            assert "cellar" not in {node["node"] for node in garden.get_json("/api/v1/nodes")["nodes"]}


def test_servers_of_another_cluster_are_refused(tmp_path: Path) -> None:
    """A node with another cluster's name writes nothing there."""
    with Servers(tmp_path) as servers, member(tmp_path, "attic", servers) as attic:
        wait_ready(attic)
        with member(tmp_path, "stranger", servers, name="office") as stranger:
            stranger.wait_for_log("the servers belong to the cluster harvester, and this node to office")
            assert cluster(stranger)["published"]["messages"] == 0
            assert "stranger" not in {message["node"] for message in log(attic)}


def test_two_machines_with_one_name_are_noticed(tmp_path: Path) -> None:
    """As when a card was copied: both say so."""
    with Servers(tmp_path) as servers, member(tmp_path / "one", "attic", servers) as one:
        wait_ready(one)
        with member(tmp_path / "two", "attic", servers) as two:
            for node in (one, two):
                node.wait_for_log("error cluster: two machines run as the node attic of this cluster")
                assert "two machines" in cluster(node)["reason"]


def test_a_node_without_a_cluster_says_so(tmp_path: Path) -> None:
    """The routes are there, and say what is missing."""
    with Harvester(tmp_path, simulated()) as node:
        for path in ("/api/v1/cluster", "/api/v1/log"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                node.get(path)
            assert refused.value.code == 404 and "not a member of a cluster" in json.load(refused.value)["detail"]


def test_silent_server_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Something accepts the connection and never says a word: the node measures on, and ends well when it is told to."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "counter.py").write_text(COUNTER)
    with socket.create_server(("127.0.0.1", 0)) as server:
        urls = [f"nats://127.0.0.1:{server.getsockname()[1]}"]
        with Harvester(tmp_path, simulated({"cluster": {"node_id": "attic", "engine": "nats", "urls": urls}})) as node:
            connection, _ = server.accept()
            node.wait_for_value("counter")
            node.stop()
        connection.close()
