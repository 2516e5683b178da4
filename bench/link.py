"""Hub and spoke: how fast a hub takes in what many spokes send, and a spoke empties its outbox."""
import concurrent.futures
import gzip
import http.client
import json
import pathlib
import socket
import subprocess
import time

import memory
from node import ROOT, Node, process_tree
from report import Bench, Figure

SPOKES, BATCHES, ITEMS = 100, 4, 500
THREADS = 4
WAITING, DRAINED = 20_000, 10_000  # more would meet the hub's limit: 512 kB of readings a second and node
QUICK = "[history]\ncommit_seconds = 0.5\n"
MANY = """
def poll():
    return [{"sensor_id": f"many-{k}", "value": k / 10, "other": 21.3} for k in range(200)]
"""


def free_port() -> int:
    """One that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def hub(bench: Bench, port: int = 0) -> Node:
    """A hub, which is not started yet. No spoke may have its name."""
    node = with_role(Node(bench, {}, 10, port=port), 'role = "hub"')
    node.config.write_text(node.config.read_text().replace('node_id = "bench"', 'node_id = "hub"'))
    return node


def token(bench: Bench, data: pathlib.Path, node: str) -> str:
    """A new token for a node, in the accounts of the hub with this data folder."""
    made = subprocess.run([bench.build / "harvester", "token", "add", node, "--role", "node", "--data", data, "--json"],
                          check=True, capture_output=True, text=True)
    return str(json.loads(made.stdout)["token"])


def with_role(node: Node, keys: str) -> Node:
    """The same, with these keys of [cluster]."""
    node.config.write_text(node.config.read_text().replace("[cluster]\n", f"[cluster]\n{keys}\n"))
    return node


def bodies(spoke: int) -> list[bytes]:
    """A spoke's batches, as it sends them: made before the clock runs."""
    now = int(time.time() * 1000)
    return [gzip.compress(json.dumps({
        "protocol": 2, "node": f"spoke{spoke}", "stream": "1f", "sent_ms": now, "skipped": 0,
        "readings": [{"sequence": number * ITEMS + k + 1, "timestamp_ms": now + k, "sensor": f"sensor{k % 10}",
                      "plugin": "bme680", "simulated": False,
                      "data": {"temperature": 20 + k / 100, "humidity": 40.5, "pressure": 1013.25, "gas": 12345}}
                     for k in range(ITEMS)]}).encode(), 1) for number in range(BATCHES)]


def send(port: int, tokens: list[str], batches: dict[int, list[bytes]]) -> None:
    """Some spokes' batches over one connection, each as soon as the one before is acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    heads = {spoke: {"Content-Type": "application/json", "Authorization": f"Bearer {tokens[spoke]}"} for spoke in batches}
    for spoke, head in heads.items():
        hello = {"protocol": 2, "node": f"spoke{spoke}", "version": "", "sent_ms": 0, "round_trip_ms": None, "devices": {}}
        while True:
            connection.request("POST", "/api/v1/uplink/hello", json.dumps(hello), head)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200:
                break
            assert answer.status == 503, text  # its history is not open yet
            time.sleep(0.05)
    for number in range(BATCHES):
        for spoke, own in batches.items():
            connection.request("POST", "/api/v1/uplink/readings", own[number],
                               {**heads[spoke], "Content-Encoding": "gzip"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200 and json.loads(text)["added"] == ITEMS, text


def ingest(bench: Bench) -> float:
    """Readings a second."""
    made = {spoke: bodies(spoke) for spoke in range(SPOKES)}
    above = hub(bench)
    tokens = [token(bench, above.data, f"spoke{spoke}") for spoke in range(SPOKES)]
    with above as node:
        port = int(node.address().rpartition(":")[2])
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(send, port, tokens, {spoke: made[spoke] for spoke in range(first, SPOKES, THREADS)})
                         for first in range(THREADS)]:
                done.result()
        return SPOKES * BATCHES * ITEMS / (time.monotonic() - began)


def join(data: pathlib.Path, url: str, secret: str) -> None:
    """What `harvester node join` leaves in a node's data folder."""
    data.mkdir()
    (data / "hub.json").write_text(json.dumps({"url": url, "node": "bench", "token": secret}))


def count(node: Node) -> int:
    """What a hub has of the spoke, by its own count."""
    return sum(each.get("added", 0) for each in node.get("/api/v1/nodes")["nodes"])


def drain(bench: Bench) -> float:
    """Readings a second that a spoke sends of those that waited on its disk."""
    plugin = bench.folder / "many.py"
    plugin.write_text(MANY)
    above = hub(bench, free_port())
    data = bench.folder / f"spoke-{time.monotonic_ns()}"
    join(data, f"http://127.0.0.1:{above.port}", token(bench, above.data, "bench"))
    with Node(bench, {"many": plugin}, 0.05, QUICK, data) as spoke:
        spoke.wait_for("enough wait", lambda: spoke.get("/api/v1/history/status")["committed"] >= WAITING)
    # Started anew, so that it does not wait for its next attempt.
    with above as node, Node(bench, {}, 10, QUICK, data):
        node.wait_for("the first comes", lambda: count(node) > 0)
        began, first = time.monotonic(), count(node)
        node.wait_for(f"{DRAINED} readings", lambda: count(node) >= DRAINED)
        return (count(node) - first) / (time.monotonic() - began)


def small_node(bench: Bench) -> float:
    """Everything of a spoke of the Pi Zero's kind, with three plugins."""
    plugins = {name: ROOT / "plugins" / name for name in ("bme680", "dht22", "pi4-monitor")}
    spoke = Node(bench, plugins, 1)
    join(spoke.data, "http://127.0.0.1:1", "x")
    with spoke:
        spoke.address()
        time.sleep(5)
        return memory.sum_mb(process_tree(spoke.process.pid))[0]


def measure(bench: Bench) -> list[Figure]:
    """All figures of this part."""
    return [
        Figure("hub: taken in from 100 spokes", "readings/s", [ingest(bench) for _ in range(bench.runs(4))], 20_000,
               at_least=True, note=f"batches of {ITEMS} over {THREADS} connections, each acknowledged from the disk"),
        Figure("a spoke's outbox, emptied", "readings/s", [drain(bench) for _ in range(bench.runs(2))],
               note=f"the first {DRAINED} of {WAITING} that waited, in batches of 500, one after the other; above "
                    "512 kB of readings a second a hub makes a node wait"),
        Figure("a spoke with three plugins, in all", "MB", [small_node(bench) for _ in range(bench.runs(2))], 64,
               note="PSS of the daemon, the template and the guests; its hub is offline"),
    ]
