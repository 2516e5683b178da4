"""What a cluster does once: only the leader tells people of an alert, and its successor goes on."""
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nats_servers import Servers, program
from node import Harvester, simulated

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

FAILOVER = 60.0
OVEN = """
from wit_world.imports import settings
import json

def poll():
    return {"sensor_id": "oven", "temperature": float(json.loads(settings.get_all())["value"])}
"""


class Service(ThreadingHTTPServer):
    """Where people are told: it keeps the notices of each webhook."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.notices: list[dict[str, Any]] = []
        self.speaks, self.unanswered = threading.Event(), 0
        self.speaks.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Say nothing."""

    def do_POST(self) -> None:
        """Keep what it says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Service)
        if not self.server.speaks.is_set():
            self.server.unanswered += 1
            self.server.speaks.wait()
            return
        self.server.notices += body["data"]["alerts"]
        self.send_response(200)
        self.end_headers()


def config(folder: Path, node: str, servers: Servers, service: Service, value: float) -> str:
    """The alerts are the same on all members."""
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    return simulated({"cluster": {"node_id": node, "engine": "nats", "urls": servers.urls},
                      "plugins.oven.settings": {"value": value}, "history": {"commit_seconds": 0.2}}) + f"""
[alerting]
allowed_hosts = ["127.0.0.1"]
[[notify]]
name = "webhook"
kind = "webhook"
url = "http://127.0.0.1:{service.server_address[1]}/"
secret_file = "{folder}/secret"
[[alert]]
name = "oven-hot"
sensor = "oven"
field = "temperature"
above = 30
notify = ["webhook"]
"""


def state(node: Harvester) -> str:
    """Of the alert, as this node judges it."""
    return next(item["state"] for item in node.get_json("/api/v1/alerts")["alerts"] if item["name"] == "oven-hot")


def left(node: Harvester) -> int:
    """How many notices it has left to the leader."""
    return node.get_json("/api/v1/alerts")["counters"]["left"]


def term_of(node: Harvester) -> int:
    """The leader's term, as this node knows it."""
    return node.get_json("/api/v1/cluster")["leader"]["term"]


def start(folder: Path, name: str, servers: Servers, service: Service) -> Harvester:
    """A member; the oven is at garden."""
    place = folder / name
    (place / "plugins").mkdir(parents=True)
    if name == "garden":
        (place / "plugins" / "oven.py").write_text(OVEN)
    return Harvester(place, config(place, name, servers, service, 20))


def heat(garden: Harvester, folder: Path, servers: Servers, service: Service, value: float) -> None:
    """The oven has another temperature from now on."""
    place = folder / "garden"
    (place / "config.toml").write_text(config(place, "garden", servers, service, value))
    os.kill(garden.process.pid, signal.SIGHUP)


def test_an_alert_is_told_once_a_cluster(tmp_path: Path) -> None:
    """By the leader, with its term; after its death by the next one, with a higher term."""
    service = Service()
    with Servers(tmp_path) as servers:
        attic = start(tmp_path, "attic", servers, service)
        try:
            attic.__enter__()
            attic.wait_until("attic leads", lambda: attic.get_json("/api/v1/cluster")["leader"]["is_self"], FAILOVER)
            with start(tmp_path, "cellar", servers, service) as cellar, \
                    start(tmp_path, "garden", servers, service) as garden:
                check(tmp_path, servers, service, attic, cellar, garden)
        finally:
            attic.process.kill()
            attic.process.wait()


def check(folder: Path, servers: Servers, service: Service, attic: Harvester, cellar: Harvester, garden: Harvester) -> None:
    """What the test does when attic leads."""
    others = (cellar, garden)
    for node in others:
        node.wait_until("it follows attic", lambda node=node: node.get_json("/api/v1/cluster")["leader"]["node"] == "attic",
                        FAILOVER)
    heat(garden, folder, servers, service, 31)
    for node in (attic, *others):
        node.wait_until("it fires", lambda node=node: state(node) == "firing", FAILOVER)
    attic.wait_until("people are told", lambda: service.notices)
    for node in others:
        node.wait_until("it has left that to the leader", lambda node=node: left(node) == 1, FAILOVER)
    assert [(notice["state"], notice["term"]) for notice in service.notices] == [("firing", term_of(attic))]
    first = term_of(attic)
    attic.process.kill()
    attic.process.wait()
    heat(garden, folder, servers, service, 20)
    for node in others:
        node.wait_until("it ended", lambda node=node: state(node) == "ok", FAILOVER)
    cellar.wait_until("the next leader tells", lambda: len(service.notices) > 1, FAILOVER)
    cellar.wait_until("the other one leaves it to that", lambda: left(cellar) + left(garden) == 3, FAILOVER)
    assert [notice["state"] for notice in service.notices] == ["firing", "resolved"]
    assert service.notices[1]["term"] == term_of(cellar) > first


def test_a_notice_that_a_dead_leader_had_stored_has_its_old_term(tmp_path: Path) -> None:
    """It comes after its node's start, when another one leads and has told the same: whoever is told knows by the term."""
    service = Service()
    service.speaks.clear()
    with Servers(tmp_path) as servers:
        attic = start(tmp_path, "attic", servers, service)
        try:
            attic.__enter__()
            attic.wait_until("attic leads", lambda: attic.get_json("/api/v1/cluster")["leader"]["is_self"], FAILOVER)
            with start(tmp_path, "garden", servers, service) as garden:
                garden.wait_until("it follows attic", lambda: garden.get_json("/api/v1/cluster")["leader"]["node"] == "attic",
                                  FAILOVER)
                heat(garden, tmp_path, servers, service, 31)
                attic.wait_until("it tells", lambda: service.unanswered, FAILOVER)
                first = term_of(attic)
                attic.process.kill()
                attic.process.wait()
                service.speaks.set()
                garden.wait_until("the next leader tells", lambda: service.notices, FAILOVER)
                with Harvester(tmp_path / "attic", config(tmp_path / "attic", "attic", servers, service, 20)) as again:
                    again.wait_until("it tells what it had stored", lambda: len(service.notices) > 1, FAILOVER)
                terms = [notice["term"] for notice in service.notices]
                assert terms[1] == first < terms[0] == term_of(garden)
        finally:
            attic.process.kill()
            attic.process.wait()
