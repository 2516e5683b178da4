"""Speaks the spoke's protocol for many nodes at once; a program of its own, so that its CPU is not the bench's.

    swarm PORT TOKENS.json SENSORS

TOKENS.json has the nodes' tokens by name. Each node measures SENSORS sensors once a second, says hello every 15 s, waits for
commands, and sends what it has as soon as its last batch is acknowledged: what src/link/spoke does. Each line of the input asks
for a line of JSON with the counts so far; the end of the input ends the program.
"""
import asyncio
import gzip
import json
import pathlib
import resource
import sys
import time

HELLO_SECONDS = 15.0
SPREAD_SECONDS = 5.0  # until all nodes have begun
BATCH_MAX = 500  # SPOKE_LINK_ITEMS_MAX
NODES_PER_ADDRESS = 16  # a hub takes 64 connections of one address, and a node has three
DATA = {"temperature": 21.3, "humidity": 40.5, "pressure": 1013.25}


class Connection:
    """One connection of a node that is kept open."""

    def __init__(self, port: int, address: str, secret: str) -> None:
        self.port, self.address, self.secret = port, address, secret
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", more: str = "") -> tuple[int, bytes]:
        """One request; the status and the answer's body."""
        if not self.streams or self.streams[1].is_closing():
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0))
        reader, writer = self.streams
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.secret}\r\n"
                     f"Content-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = head.partition("content-length:")[2].partition("\r\n")[0]
        return int(head.split()[1]), await reader.readexactly(int(size or 0))


class Spoke:
    """One node."""

    def __init__(self, counts: dict[str, int], port: int, name: str, secret: str, number: int, sensors: int) -> None:
        address = f"127.0.{1 + number // (250 * NODES_PER_ADDRESS)}.{1 + number // NODES_PER_ADDRESS % 250}"
        self.hello, self.commands, self.readings = (Connection(port, address, secret) for _ in range(3))
        self.counts, self.name, self.sensors, self.phase = counts, name, sensors, number % 1000 / 1000
        self.sequence = 0

    async def greet(self) -> None:
        """Say hello, again and again."""
        body = json.dumps({"protocol": 2, "node": self.name, "version": "1.0", "sent_ms": 0, "round_trip_ms": 1.5, "devices": {}})
        while True:
            status, _ = await self.hello.ask("POST", "/api/v1/uplink/hello", body.encode())
            self.counts["hellos" if status == 200 else "refused"] += 1
            await asyncio.sleep(HELLO_SECONDS)

    async def listen(self) -> None:
        """Wait for commands."""
        while True:
            status, _ = await self.commands.ask("GET", f"/api/v1/uplink/commands?node={self.name}")
            self.counts["waits" if status == 200 else "refused"] += 1

    def batch(self, began: float, now: float) -> tuple[int, bytes]:
        """What was measured since the last one that was acknowledged."""
        due = min(int(now - began + 1) * self.sensors - self.sequence, BATCH_MAX)
        ms = int(now * 1000)
        return due, gzip.compress(json.dumps({
            "protocol": 2, "node": self.name, "stream": "1f", "sent_ms": ms, "skipped": 0,
            "readings": [{"sequence": k + 1, "timestamp_ms": int((began + k // self.sensors) * 1000), "plugin": "bme680",
                          "sensor": f"sensor{k % self.sensors}", "simulated": False, "data": DATA}
                         for k in range(self.sequence, self.sequence + due)]}).encode(), 1)

    async def send(self) -> None:
        """One batch after the other."""
        began = time.time()
        while True:
            due, body = self.batch(began, time.time())
            if due:
                asked = time.monotonic()
                status, text = await self.readings.ask("POST", "/api/v1/uplink/readings", body, "Content-Encoding: gzip\r\n")
                self.counts["batches"] += 1
                if status == 200:
                    self.sequence += due
                    self.counts["added"] += json.loads(text)["added"]
                else:
                    self.counts["refused"] += 1
                self.counts["slowest_ms"] = max(self.counts["slowest_ms"], int(1000 * (time.monotonic() - asked)))
            await asyncio.sleep(max(0.0, 1 - (time.time() - began) % 1))

    async def run(self, spread: float) -> None:
        """All of it, after this node's part of `spread` seconds."""
        await asyncio.sleep(self.phase * spread)
        greeting = asyncio.create_task(self.greet())
        while not self.hello.streams:  # what comes before the first hello is refused
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        self.counts["nodes"] += 1
        await asyncio.gather(greeting, self.listen(), self.send())


async def main(port: int, tokens: dict[str, str], sensors: int) -> None:
    """All nodes, until the input ends."""
    counts = dict.fromkeys(("nodes", "hellos", "waits", "batches", "added", "refused", "slowest_ms"), 0)
    spokes = [Spoke(counts, port, name, secret, number, sensors) for number, (name, secret) in enumerate(tokens.items())]
    tasks = [asyncio.create_task(spoke.run(SPREAD_SECONDS)) for spoke in spokes]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        broken = [task.exception() for task in tasks if task.done() and task.exception()]
        print(json.dumps({**counts, "broken": len(broken), "why": str(broken[0]) if broken else ""}), flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(main(int(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text()), int(sys.argv[3])))
