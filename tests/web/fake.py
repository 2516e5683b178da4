"""A node that says what a test wants: the routes of the page's API over plain dictionaries.

It serves the same files as the daemon, with the same policies, so that the browser is held to them.
"""
import contextlib
import json
import math
import queue
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
TYPES = {".svg": "image/svg+xml", ".webmanifest": "application/manifest+json", ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}
HOST_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
               "data:; connect-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'")


def now_ms() -> int:
    """Unix time."""
    return int(time.time() * 1000)


def bundle(folder: Path) -> Path:
    """The page's files, bundled as for the daemon."""
    subprocess.run([sys.executable, ROOT / "web" / "bundle.py", folder / "assets.c",
                    folder / "assets.d", folder / "files"], check=True)
    return folder / "files"


# What the reference plugins declare: the unit and the decimals.
QUANTITIES = ("temperature", "humidity", "pressure", "illuminance")
DECLARED = {"temperature": ("°C", 1), "cpu_temp": ("°C", 1), "humidity": ("%", 1), "pressure": ("hPa", 1),
            "gas_resistance": ("kΩ", 1), "illuminance": ("lx", 1), "cpu_usage": ("%", 1), "memory_used_mb": ("MB", 0),
            "memory_total_mb": ("MB", 0), "uptime_seconds": ("s", 0)}


def reading(node: str, sensor: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One reading of /api/v1/readings."""
    declared = {name: DECLARED[name] for name in data if name in DECLARED}
    return {"node": node, "sensor": sensor, "sensor_id": f"{node}:{sensor}", "plugin": sensor,
            "timestamp_ms": now_ms(), "age_ms": 0, "status": "ok", "simulated": False,
            "error": None, "data": data, "units": {name: unit for name, (unit, _) in declared.items()},
            "description": {"fields": {name: {"unit": unit, "decimals": decimals,
                                              **({"quantity": name} if name in QUANTITIES else {})}
                                       for name, (unit, decimals) in declared.items()}}, **more}


def described(one: dict[str, Any], **words: Any) -> dict[str, Any]:
    """The reading with its owner's words: name, room, order, hidden, main."""
    one["description"].update(words)
    return one


def plugin(name: str, **more: Any) -> dict[str, Any]:
    """One plugin of /api/v1/plugins."""
    return {"name": name, "kind": "python", "state": "idle", "reason": None, "reload_error": None,
            "last_denied": "", "functions": ["poll"], "asked": {"i2c": ["0x76", "0x77"], "leds": True},
            "granted": {"i2c": ["0x76"], "leds": False}, "median_poll_ms": 1.25, "polls": 812,
            "errors": 3, "late_polls": 1, "restarts": 2, "kills": 0, "denied_calls": 7,
            "memory_bytes": 2_200_000, "pid": 4711,
            "request": {"digest": "a" * 64, "asks_for": ["i2c 0x76", "i2c 0x77", "LEDs"],
                        "is_approved": True}, **more}


def line(sequence: int, text: str, level: str = "info", node: str = "hub",
         source: str = "broker") -> dict[str, Any]:
    """One line of /api/v1/logs."""
    return {"sequence": sequence, "time_ms": 1_763_700_000_000 + 1000 * sequence, "level": level,
            "node": node, "source": source, "text": text}


class Server(ThreadingHTTPServer):
    """Knows its connections, to cut them as the end of a process would."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """See socketserver."""
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser may leave at any time."""

    def cut(self) -> None:
        """All of them."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class FakeNode:
    """What the routes say; a test may change any of it, and then push()."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.page: str | None = None  # None: the built-in one
        self.cluster: dict[str, Any] | None = None  # None: it is no member
        self.rollouts: dict[str, Any] = {"rollouts": [], "nodes": [], "transfers": 0}
        self.holds_pages = False  # an old page's answer waits until its event in `held` is set
        self.held: list[threading.Event] = []
        self.readings = [
            reading("hub", "dht22", {"temperature": 21.46, "humidity": 44.2}, simulated=True),
            reading("hub", "bme680", {"temperature": 21.9, "humidity": 43.0, "pressure": 1013.25,
                                      "gas_resistance": 82.5, "iaq_score": 72, "iaq_accuracy": 3}),
            reading("hub", "pi4-monitor", {"cpu_temp": 48.3, "cpu_usage": 17.5,
                                           "memory_used_mb": 812, "memory_total_mb": 3906,
                                           "uptime_seconds": 260_000, "fan_on": False}),
            reading("attic", "bh1750", {"illuminance": 312.5}),
        ]
        self.nodes = [
            {"node": "hub", "role": "hub", "is_self": True, "online": True, "last_seen_ms": now_ms(),
             "round_trip_ms": None, "version": "0.1.0", "timezone": "Europe/Berlin",
             "devices": {"buzzer": True, "fan": True, "leds": 11}},
            {"node": "attic", "role": "spoke", "is_self": False, "online": True,
             "last_seen_ms": now_ms(), "round_trip_ms": 12.4, "version": "0.1.0",
             "devices": {"buzzer": True, "fan": False, "leds": 0}},
        ]
        self.plugins = [plugin("bme680"), plugin("dht22"),
                        plugin("door", state="needs approval", reason="needs approval: GPIO4",
                               asked={"gpio": [4]}, granted={},
                               request={"digest": "a" * 64, "asks_for": ["GPIO4"],
                                        "is_approved": False})]
        self.alerts: list[dict[str, Any]] = []
        self.channels: list[dict[str, Any]] = []
        self.lines = [line(1, "ready"), line(2, "polled", "debug", source="dht22"),
                      line(3, "slow answer", "warning", "attic", "bh1750"),
                      line(4, "no answer", "error", source="dht22")]
        self.leds = ["#00ff00", "#101010"] + ["#000000"] * 9
        self.outputs: dict[str, Any] | None = None  # who set them; None: an older node, which does not know
        self.problem: tuple[int, str] | None = None  # what an action is answered with
        self.session = {"node": "hub", "user": None, "role": None, "login_required": False, "open": True}
        self.has_events = True
        self.has_history = True
        self.first_ms = 0  # nothing was measured before
        self.is_locked = False
        self.is_closed = False  # the page itself is answered with the log-in page
        self.posts: list[tuple[str, Any]] = []
        self.asked: list[str] = []
        self.last_event_ids: list[str | None] = []
        self.streams: list[queue.Queue[tuple[str, Any] | None]] = []
        self.sequence = 100
        self.server: Server | None = None
        self.port = 0

    # Its life

    def start(self) -> "FakeNode":
        """Listen; on the same port again after stop()."""
        node = self

        class Bound(Handler):
            """With the node that it speaks for."""
            fake = node
        self.server = Server(self.port, Bound)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """As a killed daemon: every stream ends, nothing listens."""
        assert self.server
        self.server.shutdown()
        self.server.cut()
        self.server.server_close()
        for stream in self.streams:
            stream.put(None)
        self.streams = []

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def push(self, kind: str, body: Any = None) -> None:
        """An event for every open page; the whole of its kind without a body."""
        for stream in list(self.streams):
            stream.put((kind, self.whole(kind) if body is None else body))

    def whole(self, kind: str) -> Any:
        """What a snapshot has."""
        return {"readings": {"readings": self.readings, "last_update": now_ms(), "revision": 1},
                "nodes": {"nodes": self.nodes}, "plugins": self.plugins,
                "alerts": {"alerts": self.alerts, "channels": self.channels}, "log": {"logs": self.lines}}[kind]

    def series(self, wanted: dict[str, str]) -> dict[str, Any]:
        """A wave, with a hole in its third quarter; nothing from before the node began to measure."""
        start, end = max(int(wanted["from"]), self.first_ms), int(wanted["to"])
        points = int(wanted["points"])
        step = max(1, (end - int(wanted["from"])) // points)
        times = list(range(start, end, step))
        hole = range(len(times) // 2, len(times) * 5 // 8)

        def wave(shift: float) -> list[float | None]:
            return [None if i in hole else
                    round(21 + shift + 2 * math.sin(t / 9e5) + math.sin(t / 2e5) / 3, 3)
                    for i, t in enumerate(times)]
        return {"resolution": "minute", "step_ms": step, "times_ms": times,
                "fields": {field: {"mean": wave(0), "min": wave(-.2), "max": wave(.2)}
                           for field in wanted["fields"].split(",")}}


class Handler(BaseHTTPRequestHandler):
    """The routes."""

    fake: FakeNode
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Nothing on the terminal."""

    def answer(self, status: int, kind: str, body: bytes, policy: str = "default-src 'none'") -> None:
        """Everything that is no stream."""
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))),
                            ("Content-Security-Policy", policy), ("Cache-Control", "no-cache"),
                            ("X-Content-Type-Options", "nosniff"), ("ETag", f'"{hash(body):x}"')):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, body: Any, status: int = 200) -> None:
        """An answer of the API."""
        self.answer(status, "application/json", json.dumps(body).encode())

    def refuse(self, status: int, detail: str) -> None:
        """RFC 9457."""
        self.answer(status, "application/problem+json",
                    json.dumps({"status": status, "title": "refused", "detail": detail}).encode())

    def asset(self, name: str) -> None:
        """A file of the bundle."""
        path = self.fake.files / name
        if path.is_file():
            self.answer(200, TYPES[path.suffix], path.read_bytes(), HOST_POLICY)
        else:
            self.refuse(404, "nothing is at this path")

    def page(self) -> None:
        """As the daemon decides it."""
        html = self.fake.page
        if html is None:
            self.asset("builtin.html")
        elif "/assets/harvester.js" in html:
            self.answer(200, TYPES[".html"], html.encode(), HOST_POLICY)
        else:
            self.asset("frame.html")

    def do_GET(self) -> None:
        """Pages, files, data."""
        url = urlsplit(self.path)
        wanted = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.fake.asked.append(self.path)
        route = url.path.removeprefix("/api/v1/")
        if url.path == "/" and self.fake.is_closed:
            self.answer(401, TYPES[".html"], (ROOT / "web" / "login.html").read_bytes(), HOST_POLICY)
        elif url.path == "/":
            self.page()
        elif url.path in ("/account.js", "/account.css"):
            self.answer(200, TYPES[Path(url.path).suffix], (ROOT / "web" / url.path[1:]).read_bytes(), HOST_POLICY)
        elif url.path == "/service-worker.js":
            self.asset("service-worker.js")
        elif url.path == "/login":
            self.asset("login.html")
        elif url.path == "/page":
            html = (self.fake.page or "").encode()
            if self.fake.holds_pages and self.command == "GET":
                self.fake.held.append(threading.Event())
                self.fake.held[-1].wait()
            self.answer(200, TYPES[".html"], html,
                        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
                        "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
        elif url.path.startswith("/assets/"):
            self.asset(url.path.removeprefix("/assets/"))
        elif self.fake.is_locked and route != "session":
            self.refuse(401, "log in first")
        elif route == "events":
            self.events()
        elif url.path == "/api/readings":
            self.json(self.fake.whole("readings"))
        else:
            self.data(route, wanted)

    do_HEAD = do_GET

    def data(self, route: str, wanted: dict[str, str]) -> None:
        """What polling asks for."""
        parts = [unquote(part) for part in route.split("/")]
        if route in ("readings", "nodes", "plugins", "alerts"):
            self.json(self.fake.whole(route))
        elif route == "logs":
            after = int(wanted.get("after", 0))
            self.json({"logs": [one for one in self.fake.lines if one["sequence"] > after]})
        elif route == "cluster" and self.fake.cluster is not None:
            self.json(self.fake.cluster)
        elif route == "rollouts":
            self.json(self.fake.rollouts)
        elif route == "session":
            self.json(self.fake.session)
        elif route == "history/series" and self.fake.has_history:
            self.json(self.fake.series(wanted))
        elif parts[0] == "nodes" and parts[-1] == "fan":
            self.json({"on": False})
        elif parts[0] == "nodes" and parts[-1] == "outputs" and self.fake.outputs:
            self.json(self.fake.outputs)
        elif parts[0] == "nodes" and parts[-1] == "leds":
            self.json({"leds": self.fake.leds, "brightness": 255})
        else:
            self.refuse(404, "nothing is at this path")

    def do_POST(self) -> None:
        """Actions."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.fake.posts.append((unquote(self.path), json.loads(body) if body else None))
        if self.fake.problem:
            self.refuse(*self.fake.problem)
        else:
            self.answer(204, "application/json", b"")

    do_DELETE = do_POST
    do_PATCH = do_POST

    def events(self) -> None:
        """A stream until it is told to end."""
        if not self.fake.has_events:
            self.refuse(502, "no stream here")
            return
        self.fake.last_event_ids.append(self.headers.get("Last-Event-ID"))
        stream: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        for kind in ("readings", "nodes", "plugins", "alerts"):
            stream.put((kind, self.fake.whole(kind)))
        self.fake.streams.append(stream)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(b"retry: 500\n\n")
            while event := stream.get():
                self.fake.sequence += 1
                self.wfile.write(f"id: {self.fake.sequence}\nevent: {event[0]}\n"
                                 f"data: {json.dumps(event[1])}\n\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            pass
