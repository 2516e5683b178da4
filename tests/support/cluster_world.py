"""Three voters and three plain nodes, each in a network namespace of its own, made by the commands of `harvester cluster`;
and what is seen of them from outside, for cluster_checks.py.
"""
import json
import random
import sys
import threading
import time
import urllib.error
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import disks
from boards import Board
from cluster_checks import Command, Effect, Sample
from cluster_readings import readings
from house import clock_of
from namespaces import within
from nats_servers import Server, jumping_program
from networks import Network
from node import COUNTER, PATIENCE, POLL_SECONDS, Harvester, simulated

VOTERS = ("attic", "cellar", "shed")
NAMES = ("garden", "porch", "yard")
MACHINES = len(VOTERS) + len(NAMES)
SERVICE_PORT = 9099
CARRIED_OUT = r'carried out a command of another member: .*"color":"(#[0-9a-f]{6})"'
# An alert that comes and goes on all nodes, so that a leader has something to tell.
WAVE = """
import time

def poll():
    return {"value": int(time.monotonic() / 6) % 2}
"""
ALERT = """
[alerting]
allowed_hosts = ["127.0.0.1"]
[[notify]]
name = "service"
kind = "webhook"
url = "http://127.0.0.1:{port}/"
secret_file = "{secret}"
[[alert]]
name = "wave"
sensor = "wave"
field = "value"
above = 0.5
notify = ["service"]
"""


class Member(Harvester):
    """The node of a board, within the board's namespace."""

    def __init__(self, board: Board, config: str, environment: dict[str, str]) -> None:
        """It starts."""
        self.space = board.space
        with within(self.space):
            super().__init__(board.folder, config, environment=environment)

    def get(self, path: str, seconds: float = 10.0) -> bytes:
        """The body of an answer."""
        with within(self.space):
            return super().get(path, seconds)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of an answer, whatever it is."""
        with within(self.space):
            return super().send(method, path, body)


class Service(ThreadingHTTPServer):
    """Where one node tells people."""

    daemon_threads = True

    def __init__(self, node: str, effects: list[Effect]) -> None:
        """It listens in the namespace that this thread is in."""
        super().__init__(("127.0.0.1", SERVICE_PORT), Handler)
        self.node, self.effects = node, effects
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Say nothing."""

    def do_POST(self) -> None:
        """Keep what it says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Service)
        for notice in body["data"]["alerts"]:
            self.server.effects.append(Effect(time.monotonic(), self.server.node, notice.get("term")))
        self.send_response(200)
        self.end_headers()


class World:
    """The boards, and what can be asked of them. What happens to them is in cluster_faults.py."""

    def __init__(self, folder: Path, network: Network) -> None:
        """`folder` has all that they store. They start with make()."""
        self.folder, self.network = folder, network
        self.boards = {name: Board(folder / name, name, network.names[i], f"{network.address(i)}:4222")
                       for i, name in enumerate((*VOTERS, *NAMES))}
        self.disks: dict[str, disks.Disk] = {}
        self.nodes: dict[str, Member] = {}
        self.past: list[tuple[str, Member]] = []  # all runs of all nodes
        self.services: list[Service] = []
        self.effects: list[Effect] = []
        self.absences: dict[str, list[tuple[float, float]]] = {}  # of nodes that were paused, or dead
        self.deaths: dict[str, float] = {}
        self.jumping = jumping_program()
        self.held = {name: threading.Lock() for name in VOTERS}
        for name in (*VOTERS, *NAMES):
            self.set_clock(name, 0)

    def make(self) -> None:
        """One cluster of all boards; plain ones have a node and no server, voters a server and no node."""
        inviting = self.boards[VOTERS[0]]
        inviting.init("home", "--voters", str(len(VOTERS)))
        for name in VOTERS[1:]:
            self.boards[name].join(inviting, "--voter")
        for name in VOTERS:
            self.add_disk(name)
            self.server(name).start()
        for name in NAMES:
            self.boards[name].join(inviting)
            with within(self.boards[name].space):
                self.services.append(Service(name, self.effects))
            self.start_node(name)

    def server(self, name: str) -> Server:
        """Of a voter."""
        found = self.boards[name].server
        assert found
        if self.jumping:
            found.program, found.environment = self.jumping, {"HARVESTER_TEST_CLOCK": str(self.clock_file(name))}
        return found

    @contextmanager
    def alone(self, *names: str) -> Iterator[None]:
        """Meanwhile, no other fault needs these voters."""
        with ExitStack() as stack:
            for name in sorted(names):
                stack.enter_context(self.held[name])
            yield

    @contextmanager
    def reachable(self, names: list[str]) -> Iterator[str]:
        """The first of these voters that invites and can be reached, and does so until this ends."""
        while not (found := next((name for name in names if self.held[name].acquire(blocking=False)), None)):
            time.sleep(POLL_SECONDS)
        try:
            yield found
        finally:
            self.held[found].release()

    def add_disk(self, name: str) -> None:
        """The voter's store becomes a disk of its own, so that its power can be cut."""
        if disks.are_possible():
            self.disks[name] = disks.Disk(self.server(name).folder / "store")

    def clock_file(self, name: str) -> Path:
        """It says by how many seconds the board's date is off."""
        return self.folder / f"clock-{name}"

    def set_clock(self, name: str, offset: int) -> None:
        """A server maps the file into its memory, so that must not become shorter."""
        path = self.clock_file(name)
        if name in VOTERS:
            path.touch()
            with open(path, "r+b") as file:
                file.write(offset.to_bytes(8, sys.byteorder, signed=True))
        else:
            path.write_text(f"{offset:+d}")

    def start_node(self, name: str) -> None:
        """On the data folder that it has, or a new one."""
        board = self.boards[name]
        (board.folder / "plugins" / "counter.py").write_text(COUNTER)
        (board.folder / "plugins" / "wave.py").write_text(WAVE)
        (board.folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        self.set_clock(name, 0)
        config = simulated({"cluster": {"node_id": name}, "history": {"commit_seconds": 0.2}, "logging": {"level": "debug"}})
        node = Member(board, config + ALERT.format(port=SERVICE_PORT, secret=board.folder / "secret"),
                      clock_of(self.clock_file(name)))
        self.past.append((name, node))
        node.__enter__()  # it ends with the test: see end()
        if name in self.deaths:
            self.absences.setdefault(name, []).append((self.deaths[name], time.monotonic()))
        self.nodes[name] = node

    def kill_node(self, name: str) -> None:
        """SIGKILL; all that it logged has been read then."""
        self.deaths[name] = time.monotonic()
        self.nodes[name].process.kill()
        self.nodes[name].end()

    def end(self) -> None:
        """Kill everything; what had to be checked has been."""
        for _, node in self.past:
            node.process.kill()
            node.process.wait()
        for service in self.services:
            service.shutdown()
            service.server_close()
        for name in VOTERS:
            if self.boards[name].server:
                self.server(name).kill()
        for disk in self.disks.values():
            disk.unmount()

    # What they say

    def cluster(self, name: str) -> dict[str, Any]:
        """What a node says of its cluster."""
        return self.nodes[name].get_json("/api/v1/cluster")

    def is_well(self) -> bool:
        """All nodes reach the log."""
        return all(self.cluster(name)["state"] == "ready" for name in NAMES)

    def history(self, name: str, of: str) -> dict[tuple[str, int], Any]:
        """Readings of the node `of` in the history of `name`, by stream and sequence; each is there once."""
        found: dict[tuple[str, int], Any] = {}
        for reading in readings(self.nodes[name], of):
            key = (reading["stream"], reading["sequence"])
            assert key not in found, f"{name} has {key} of {of} twice"
            found[key] = reading["data"]
        return found

    def log(self) -> list[dict[str, Any]]:
        """All messages, as a hub outside of the cluster reads them: while the servers elect, it has to ask again."""
        found, after = [], 0
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                page = self.nodes[NAMES[0]].get_json(f"/api/v1/log?after={after}&limit=64")
            except urllib.error.HTTPError as refused:
                assert refused.code == 503 and time.monotonic() < deadline, json.load(refused)
                time.sleep(0.2)
                continue
            if not page["messages"]:
                return found
            found += page["messages"]
            after = page["next"]

    def carried_out(self) -> dict[str, list[str]]:
        """The commands that each node has logged, over all of its runs."""
        found: dict[str, list[str]] = {name: [] for name in NAMES}
        for name, node in self.past:
            found[name] += [match[1] for match in node.log(CARRIED_OUT)]
        return found


class Watch:
    """Asks all nodes again and again whether they lead, and lets them send each other commands."""

    def __init__(self, world: World) -> None:
        """It begins with start()."""
        self.world = world
        self.samples: list[Sample] = []
        self.commands: list[Command] = []
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self.look, args=[name]) for name in NAMES]
        self.threads.append(threading.Thread(target=self.command))

    def start(self) -> None:
        """All nodes run."""
        for thread in self.threads:
            thread.start()

    def look(self, name: str) -> None:
        """At one node. One that is dead or paused gives no answer."""
        while not self.ends.wait(0.1):
            asked = time.monotonic()
            try:
                leader = self.world.cluster(name)["leader"]
            except (OSError, ValueError, HTTPException):
                continue
            if leader["is_self"]:
                self.samples.append(Sample(asked, time.monotonic(), name, leader["term"]))

    def command(self) -> None:
        """Each command has a colour of its own, by which it is found in the log of whoever carried it out."""
        draw = random.Random()
        while not self.ends.wait(1):
            sender, target = draw.sample(NAMES, 2)
            color = f"#{len(self.commands) + 1:06x}"
            try:
                status, problem = self.world.nodes[sender].post(f"/api/v1/nodes/{target}/leds", {"color": color, "seconds": 1})
            except (OSError, ValueError, HTTPException):
                status, problem = 0, None  # the sender died
            detail = problem["detail"] if problem else ""
            told = "done" if status == 204 else "unknown" if not status or "not known" in detail else "not done"
            self.commands.append(Command(color, target, told))

    def end(self) -> None:
        """No more questions."""
        self.ends.set()
        for thread in self.threads:
            if thread.ident:
                thread.join()
