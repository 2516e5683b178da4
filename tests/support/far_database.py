"""A database that takes InfluxDB's line protocol as a test tells it to, and remembers what it accepted."""
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

Answer = tuple[int, str] | tuple[int, str, dict[str, str]]  # status, body, headers


def accept(_lines: list[str]) -> Answer:
    """Everything is fine."""
    return 204, ""


class FarDatabase:
    """A server on a free port; `answer` decides what each request gets."""

    def __init__(self, answer: Callable[[list[str]], Answer] = accept, certificate: Path | None = None) -> None:
        """With a `certificate`, a PEM file with its key, over TLS as "localhost"."""
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str], list[str]]] = []
        self.times: list[float] = []  # of the requests, when they were answered
        self.token = ""  # "": none is asked for; otherwise other requests get 401, as of InfluxDB 2
        self.lines: list[str] = []  # of the requests that were answered with 204, in order
        self.hanging = threading.Event()
        self.hanging.set()
        database = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # pylint: disable=invalid-name
                """Answer as told."""
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                lines = text.splitlines()
                database.hanging.wait(60)
                status, words, *headers = database.answer(lines)
                if database.token and self.headers["Authorization"] != f"Token {database.token}":
                    status, words = 401, '{"code":"unauthorized","message":"unauthorized access"}'
                if status == 204:
                    database.lines += lines
                database.requests.append((self.path, dict(self.headers), lines))
                database.times.append(time.monotonic())
                self.send_response(status)
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words.encode())

            def log_message(self, *_arguments: Any) -> None:  # pylint: disable=arguments-differ
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        name = "https://localhost" if certificate else "http://127.0.0.1"
        self.url = f"{name}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> "FarDatabase":
        self.thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()

    def counts(self, sensor: str = "steps") -> list[int]:
        """The field `count` of a sensor, in the order in which it was accepted."""
        return [int(float(line.split("count=")[1].split(" ")[0].split(",")[0]))
                for line in self.lines if f"sensor={sensor}" in line and "count=" in line]
