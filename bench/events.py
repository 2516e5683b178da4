"""1,000 clients of /api/v1/events at one update a second: who got what, CPU and memory of the broker."""
import os
import pathlib
import re
import resource
import selectors
import socket
import time

from node import ROOT, Node
from report import Bench, Figure

PLUGIN = ROOT / "bench" / "plugins" / "sensors.py"
CLIENTS = 1000
ADDRESSES = 32  # of loopback: so many clients of one address are refused
SECONDS = 60.0
CPU_PERCENT_MAX = 15.0
BYTES_MAX = 16384.0
UPDATE = re.compile(rb'"revision":(\d+)}\n\n')


class Client:
    """One stream, and the updates that came through it."""

    def __init__(self, number: int, port: int) -> None:
        self.socket = socket.socket()
        self.socket.bind((f"127.0.0.{1 + number % ADDRESSES}", 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.socket.setblocking(False)
        self.rest = b""
        self.updates: list[int] = []
        self.ended = False

    def read(self) -> None:
        """Take what is there."""
        data = self.socket.recv(65536)
        if not data:
            self.ended = True
            return
        # A chunk may begin inside the number: its size and line end are taken out.
        text = re.sub(rb"\r\n[0-9A-F]+\r\n", b"", self.rest + data)
        end = 0
        for match in UPDATE.finditer(text):
            self.updates.append(int(match[1]))
            end = match.end()
        self.rest = text[max(end, len(text) - 64):]


def read_for(clients: selectors.BaseSelector, seconds: float) -> None:
    """Let the clients read for so long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in clients.select(left):
            key.data.read()
            if key.data.ended:
                clients.unregister(key.fileobj)


def anonymous_bytes(pid: int) -> float:
    """Memory that the broker has for itself."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    match = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
    if not match:
        raise RuntimeError("smaps_rollup does not say Anonymous")
    return float(match[1]) * 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of the broker alone."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def missed(clients: list[Client]) -> int:
    """Updates that one client has between its first and last, and another has not."""
    first = max(client.updates[0] for client in clients)
    last = min(client.updates[-1] for client in clients)
    every = {number for client in clients for number in client.updates if first <= number <= last}
    return sum(len(every - set(client.updates)) for client in clients)


def measure(bench: Bench) -> list[Figure]:
    """One node, before the clients and with them."""
    seconds = 10.0 if bench.quick else SECONDS
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CLIENTS), hard))
    with Node(bench, {"sensors": PLUGIN}, 1.0) as node, selectors.DefaultSelector() as selector:
        node.wait_for_polls(3)
        pid, port = node.process.pid, int(node.address().rpartition(":")[2])
        before = anonymous_bytes(pid)
        clients = []
        for number in range(CLIENTS):
            clients.append(Client(number, port))
            selector.register(clients[-1].socket, selectors.EVENT_READ, clients[-1])
            if number % 50 == 49:
                read_for(selector, 0.1)
        read_for(selector, 3.0)
        begin, cpu = time.monotonic(), cpu_seconds(pid)
        read_for(selector, seconds)
        cpu = 100 * (cpu_seconds(pid) - cpu) / (time.monotonic() - begin)
        memory = (anonymous_bytes(pid) - before) / CLIENTS
        ended = sum(client.ended for client in clients)
        updates = min(len(client.updates) for client in clients)
        lost = missed([client for client in clients if client.updates])
        for client in clients:
            client.socket.close()
    return [Figure("clients that were dropped", "clients", [ended], 0.0),
            Figure("updates that a client missed", "updates", [lost], 0.0,
                   note=f"each of {CLIENTS} got at least {updates} updates in {seconds:g} s"),
            Figure("CPU of the broker", "% of a core", [cpu], CPU_PERCENT_MAX,
                   note="one plugin that polls once a second, 12 sensors"),
            Figure("memory of the broker, a client", "bytes", [memory], BYTES_MAX,
                   note="anonymous, with the ring that all share")]
