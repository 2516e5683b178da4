"""What the tests of reloads share: a plugin that says its version, and what a node shows of it."""
import threading
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from node import PATIENCE, Harvester

REQUESTS_PER_SECOND = 200

TOOK_OVER = " info {}: the new version has taken over$"
REFUSED = " error {}: the new version failed, the old version goes on:$"

VERSION = 'def poll():\n    return {"version": VERSION}\n'


def version(number: int) -> str:
    """A plugin that says which it is."""
    return VERSION.replace("VERSION", str(number))


class Client:
    """Asks for one page again and again at a fixed rate, on one connection, and keeps each answer;
    use it in a `with`. A dropped connection is an error.
    """

    def __init__(self, harvester: Harvester, path: str) -> None:
        self.path = path
        self.answers: list[tuple[int, bytes]] = []
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        address = urlsplit(harvester.address)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Client":
        self.connection.connect()
        # A connection that is dropped is not made again.
        self.connection.auto_open = 0
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        self.thread.join()
        self.connection.close()
        if exception[0] is None and self.error:
            raise AssertionError(f"after {len(self.answers)} answers") from self.error

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self.stopped.wait(max(0.0, due - time.monotonic())):
                due += 1 / REQUESTS_PER_SECOND
                self.connection.request("GET", self.path)
                answer = self.connection.getresponse()
                self.answers.append((answer.status, answer.read()))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error


def world(harvester: Harvester) -> dict[str, Any]:
    """The simulated devices' side of the truth."""
    return harvester.get_json("/api/v1/simulation")


def complaints(harvester: Harvester, name: str = r"\S+") -> list[str]:
    """Errors and warnings so far, but that about the simulated hardware."""
    found = harvester.log(rf" (?:error|warning) {name}: (?!the hardware is SIMULATED)")
    return [match.string for match in found]


def counts(harvester: Harvester, name: str) -> list[int]:
    """Each reading of a counter so far, by the log."""
    return [int(match[1]) for match in harvester.log(rf" info {name}: count (\d+)$")]


def wait_for_another_count(harvester: Harvester, name: str) -> None:
    """It polls on."""
    count = harvester.data(name)["count"]
    harvester.wait_for_data(name, "counts on", lambda data: data.get("count", 0) > count + 1)
