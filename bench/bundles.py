"""A changed line of a plugin, from `harvester push` to the new reading, to one node and through a hub.

"Time" is from the start of the command to the log's time stamp of the first reading by the new version,
on the node that got it. The command builds, signs and sends the bundle; the node checks and stores it,
switches, and polls. "Bytes written" is write_bytes of the node in /proc/PID/io from the push until
the version has passed its probation: whole pages, with what the log and the history write meanwhile.
"""
import http.client
import json
import pathlib
import selectors
import shutil
import socket
import subprocess
import threading
import time
from typing import Any

import memory
import spokes
from disk import written
from link import with_role
from node import ROOT, Node
from reload import percentile
from report import Bench, Figure

RUNS = 3
PUSHES = 40
NODE = "bench"
NODES = 1000
INTERVAL_SECONDS = 0.2
TARGET_MS = 1000.0
TARGET_BYTES = 64 * 1024.0
SETTINGS = """[history]
commit_seconds = 3600
[updates]
trusted_keys = ["{key}"]
"""
SOURCE = 'def poll():\n    """Which version this is."""\n    return {{"version": {version}}}\n'


class Relay:
    """Passes connections on to the hub, and counts the bytes of both directions."""

    def __init__(self, port: int) -> None:
        self.to, self.bytes = port, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.peers: dict[socket.socket, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.server, selectors.EVENT_READ)
        threading.Thread(target=self._run, daemon=True).start()

    def _accept(self) -> None:
        near, _ = self.server.accept()
        far = socket.create_connection(("127.0.0.1", self.to))
        for one, other in ((near, far), (far, near)):
            self.peers[one] = other
            self.selector.register(one, selectors.EVENT_READ)

    def _pass(self, one: socket.socket) -> None:
        try:
            data = one.recv(65536)
            self.peers[one].sendall(data)
        except OSError:
            data = b""
        self.bytes += len(data)
        if not data:
            for end in (one, self.peers.pop(one)):
                self.selector.unregister(end)
                end.close()
                self.peers.pop(end, None)

    def _run(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.server:
                    self._accept()
                elif key.fileobj in self.peers:
                    self._pass(key.fileobj)  # type: ignore[arg-type]


class Desk:
    """The author's: a key, and the folder of a plugin of which one line changes at each push."""

    def __init__(self, bench: Bench) -> None:
        self.program = bench.build / "harvester"
        self.folder = bench.folder / f"desk-{time.monotonic_ns()}"
        self.plugin = self.folder / "changed"
        shutil.copytree(ROOT / "plugins" / "dht22", self.plugin / "lib")
        self.key = self.folder / "me"
        self.run("bundle", "keygen", "-o", self.key)
        self.settings = SETTINGS.format(key=self.key.with_suffix(".pub").read_text().splitlines()[1])
        self.version = 0

    def run(self, *words: str | pathlib.Path) -> str:
        """A command that succeeds."""
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"harvester {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def push(self, node: Node, *to: str) -> float:
        """Change the line and push; milliseconds until the node's first reading."""
        self.version += 1
        (self.plugin / "plugin.py").write_text(SOURCE.format(version=self.version))
        since, begin = len(node.lines), time.time()
        self.run("push", self.plugin, "--key", self.key, *to)
        text = f"version {self.version}"

        def first() -> float:
            return next((line[0] for line in node.lines[since:] if line[2] == "changed" and line[3] == text), 0)
        return 1000 * (float(node.wait_for(text, first)) - begin)


def has_passed(node: Node, version: str) -> bool:
    """The newest version has passed its probation."""
    plugin = next(each for each in node.get("/api/v1/plugins") if each["name"] == "changed")
    bundle = plugin["bundle"]
    return bundle is not None and bundle["digest"] != version and not bundle["on_probation"]


def digest(node: Node) -> str:
    """Of the version that runs; "": none."""
    plugins = [each for each in node.get("/api/v1/plugins") if each["name"] == "changed"]
    return str(plugins[0]["bundle"]["digest"]) if plugins else ""


def bytes_of_push(desk: Desk, node: Node, relay: Relay, *to: str) -> tuple[float, float]:
    """Over the relay and to the disk, from the push until the version is good."""
    before, wire, disk = digest(node), relay.bytes, written(node.process.pid)
    desk.push(node, *to)
    node.wait_for("the end of the probation", lambda: has_passed(node, before))
    return relay.bytes - wire, written(node.process.pid) - disk


def direct(bench: Bench) -> tuple[list[float], list[tuple[float, float]]]:
    """Milliseconds of each push to the node itself, and the bytes of some."""
    desk = Desk(bench)
    with Node(bench, {}, INTERVAL_SECONDS, desk.settings) as node:
        relay = Relay(int(node.address().rpartition(":")[2]))
        desk.push(node, "--to", node.address())
        times = [desk.push(node, "--to", node.address()) for _ in range(bench.runs(PUSHES))]
        sizes = [bytes_of_push(desk, node, relay, "--to", f"http://127.0.0.1:{relay.port}") for _ in range(bench.runs(8))]
    return times, sizes


def join(desk: Desk, above: Node, port: int) -> pathlib.Path:
    """The data folder of a new member of the hub, which reaches it at this port."""
    data = desk.folder / "data"
    made = json.loads(desk.run("node", "invite", NODE, "--url", f"http://127.0.0.1:{port}", "--data", above.data, "--json"))
    desk.run("node", "join", made["invitation"], "--data", data)
    return data


def through_hub(bench: Bench) -> tuple[list[float], list[tuple[float, float]]]:
    """The same through a hub; the bytes are those between the hub and the node."""
    desk = Desk(bench)
    above = with_role(Node(bench, {}, 10, desk.settings), 'role = "hub"')
    above.config.write_text(above.config.read_text().replace('node_id = "bench"', 'node_id = "hub"'))
    with above:
        relay = Relay(int(above.address().rpartition(":")[2]))
        to = ("--hub", above.address(), "--nodes", NODE)
        with Node(bench, {}, INTERVAL_SECONDS, desk.settings, join(desk, above, relay.port)) as node:
            above.wait_for("the node", lambda: [each for each in above.get("/api/v1/nodes")["nodes"]
                                                if each["node"] == NODE and each.get("online")])
            desk.push(node, *to)
            times = [desk.push(node, *to) for _ in range(bench.runs(PUSHES))]
            sizes = [bytes_of_push(desk, node, relay, *to) for _ in range(bench.runs(8))]
    return times, sizes


def ask(connection: http.client.HTTPConnection, secret: str, path: str, body: dict[str, Any]) -> Any:
    """One request of a node; the hub's answer. A hub that has no room at this moment is asked again."""
    while True:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 200:
            return json.loads(text)
        if answer.status != 503:
            raise RuntimeError(f"{path}: {answer.status} {text.decode()}")
        time.sleep(0.05)


def ask_all(port: int, tokens: dict[str, str], reports: list[dict[str, Any]]) -> list[Any]:
    """Every node says hello and asks, one after the other; the answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answers = []
    for node, secret in tokens.items():
        ask(connection, secret, "/api/v1/uplink/hello",
            {"protocol": 2, "node": node, "version": "", "sent_ms": 0, "round_trip_ms": None, "devices": {}})
        answers.append(ask(connection, secret, f"/api/v1/uplink/updates?node={node}", {"reports": reports, "plugins": []}))
    return answers


def large_hub(bench: Bench) -> tuple[float, float, float]:
    """Megabytes of a hub before it has nodes, when all ask, and when a roll-out to all of them is done."""
    desk = Desk(bench)
    data = desk.folder / "data"
    tokens = spokes.tokens(bench, data, [f"node{number}" for number in range(NODES)])
    above = with_role(Node(bench, {}, 10, desk.settings, data), 'role = "hub"')
    with above:
        port = int(above.address().rpartition(":")[2])
        sizes = [memory.pss_mb(above.process.pid)[0]]
        ask_all(port, tokens, [])
        sizes.append(memory.pss_mb(above.process.pid)[0])
        (desk.plugin / "plugin.py").write_text(SOURCE.format(version=1))
        bundle = desk.folder / "changed.bundle"
        desk.run("bundle", "build", desk.plugin, "-o", bundle)
        desk.run("bundle", "sign", bundle, "--key", desk.key)
        desk.run("rollout", "start", bundle, "--all", "--groups", "rest", "--data", above.data, "--config", above.config)
        answers = ask_all(port, tokens, [])
        number = answers[-1]["desired"][0]["number"]
        for state in ("downloaded", "candidate", "probation", "good"):
            ask_all(port, tokens, [{"number": number, "state": state, "reason": ""}])
        above.wait_for("the end of the roll-out", lambda: above.get("/api/v1/rollouts")["rollouts"][0]["state"] == "done")
        sizes.append(memory.pss_mb(above.process.pid)[0])
    return sizes[0], sizes[1], sizes[2]


def hub_figures(bench: Bench) -> list[Figure]:
    """Of a hub with many nodes."""
    runs = [large_hub(bench) for _ in range(bench.runs(RUNS))]
    return [Figure("hub without nodes", "MB", [run[0] for run in runs]),
            Figure(f"hub, {NODES} nodes ask", "MB", [run[1] for run in runs]),
            Figure(f"hub, {NODES} nodes have the version", "MB", [run[2] for run in runs], note="PSS of the daemon alone")]


def figures(way: str, runs: list[tuple[list[float], list[tuple[float, float]]]], wire: str) -> list[Figure]:
    """Of one way to the node."""
    found = [Figure(f"{way}: push to new reading, p{share}", "ms", [percentile(run[0], share / 100) for run in runs], TARGET_MS)
             for share in (50, 99)]
    sizes = [size for run in runs for size in run[1]]
    return [*found,
            Figure(f"{way}: over the wire", "bytes", [size[0] for size in sizes], TARGET_BYTES, note=wire),
            Figure(f"{way}: written to the node's disk", "bytes", [size[1] for size in sizes], TARGET_BYTES)]


def measure(bench: Bench) -> list[Figure]:
    """Both ways, and a large hub."""
    return [*figures("direct", [direct(bench) for _ in range(bench.runs(RUNS))],
                     "both directions between the command and the node, with what it asks of the log"),
            *figures("through a hub", [through_hub(bench) for _ in range(bench.runs(RUNS))],
                     "both directions between the hub and the node until the version is good, with the readings and "
                     "log lines that the node sends meanwhile"),
            *hub_figures(bench)]
