"""Who looks at the node meanwhile, as an open page does: a client of the events, and one that asks for routes."""
import http.client
import json
import threading
import time
import urllib.parse
from typing import Any

from node import PATIENCE

# What a page asks for besides the events. All are answers of a bounded size, so that their time is the node's.
ROUTES = ("/api/v1/plugins", "/api/v1/nodes", "/api/v1/history/status", "/api/v1/logs?limit=20")
PAUSE_SECONDS = 0.05


class Client(threading.Thread):
    """A thread that has one connection to the node, and makes a new one where that ends."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.host = urllib.parse.urlsplit(address).netloc
        self.has_to_end = threading.Event()
        self.connections = 0

    def connect(self) -> http.client.HTTPConnection:
        """A new connection."""
        self.connections += 1
        return http.client.HTTPConnection(self.host, timeout=PATIENCE)

    def work(self, connection: http.client.HTTPConnection) -> None:
        """Use it until it ends, or until it has to."""
        raise NotImplementedError

    def run(self) -> None:
        while not self.has_to_end.is_set():
            connection = self.connect()
            try:
                self.work(connection)
            except (OSError, http.client.HTTPException):
                self.has_to_end.wait(PAUSE_SECONDS)
            finally:
                connection.close()

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.has_to_end.set()
        self.join(PATIENCE)


class Poller(Client):
    """Asks for one route after the other."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.took: list[tuple[float, float]] = []  # when it was asked, and ms

    def work(self, connection: http.client.HTTPConnection) -> None:
        """20 times a second."""
        while not self.has_to_end.wait(PAUSE_SECONDS):
            asked = time.monotonic()
            connection.request("GET", ROUTES[len(self.took) % len(ROUTES)])
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise http.client.HTTPException(f"{answer.status} {answer.reason}")
            self.took.append((asked, (time.monotonic() - asked) * 1000))

    def between(self, begin: float, end: float) -> list[float]:
        """The times of what was asked for then, in ms."""
        return [ms for asked, ms in list(self.took) if begin <= asked < end]


class Watcher(Client):
    """Gets the events, and keeps the numbers of the readings that it was shown of some sensors."""

    def __init__(self, address: str, sensors: list[str]) -> None:
        super().__init__(address)
        self.shown: dict[str, set[int]] = {sensor: set() for sensor in sensors}

    def work(self, connection: http.client.HTTPConnection) -> None:
        """Line by line; most lines are of others, and are not parsed."""
        connection.request("GET", "/api/v1/events")
        answer = connection.getresponse()
        while not self.has_to_end.is_set() and (line := answer.readline()):
            if line.startswith(b'data: {"readings"') and any(b'"%s"' % s.encode() in line for s in self.shown):
                self._keep(json.loads(line[6:])["readings"])

    def _keep(self, readings: list[dict[str, Any]]) -> None:
        for reading in readings:
            if reading["sensor"] in self.shown and (count := (reading["data"] or {}).get("count")) is not None:
                self.shown[reading["sensor"]].add(int(count))
