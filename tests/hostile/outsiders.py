"""Attacks on other nodes than the one of arena.py: each starts those that it needs, and ends when it has seen that it fails.

A function gets an empty folder and returns what the node said; the rest is as for the attacks of attack.py.
"""
import gzip
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from node import COUNTER, Harvester, command, simulated
from placing import put
from plugin_texts import OUTPUT, POISON, ZERO

QUICK = {"commit_seconds": 0.2}
HUB = simulated({"cluster": {"node_id": "hub", "role": "hub"}, "history": QUICK, "leds": {"count": 0, "gpio_pin": -1},
                 "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}})
SPOKE = simulated({"cluster": {"node_id": "cellar"}, "history": QUICK})


def _folder(path: Path, name: str) -> Path:
    (path / name / "plugins").mkdir(parents=True)
    return path / name


def _invite(hub: Harvester, folder: Path, name: str) -> str:
    invited = command("node", "invite", name, "--url", hub.address, "--data", folder / "data", "--json")
    assert invited.returncode == 0, invited.stderr
    return json.loads(invited.stdout)["invitation"]


def _join(folder: Path, invitation: str) -> None:
    joined = command("node", "join", invitation, "--data", folder / "data")
    assert joined.returncode == 0, joined.stderr


def _ask(url: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer."""
    data = None if body is None else gzip.compress(json.dumps(body).encode())
    packed = {} if body is None else {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, {**packed, **headers}), timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def dns_rebinding(folder: Path) -> str:
    """Reads a node that only its own machine can reach, by a page whose name was made to point there.

    ends: refused
    says: the Host header names evil\\.example, which is no known name of this node
    wall: the check of Host, on reading too
    """
    with Harvester(folder, simulated(), _folder(folder, "node") / "plugins") as node:
        answers = {path: _ask(node.address + path, Host="evil.example:3000")
                   for path in ("/api/readings", "/api/v1/plugins", "/api/v1/logs", "/api/v1/history/status", "/metrics")}
        assert {status for status, _ in answers.values()} == {403}, answers
        return str(answers["/api/readings"][1]["detail"])


def approval_swapped(folder: Path) -> str:
    """Asks for more between the owner's look at its request and the owner's approval.

    ends: refused
    says: needs approval
    wall: an approval names the digest of the request that was seen
    """
    plugins = _folder(folder, "node") / "plugins"
    put(plugins / "light.permission.toml", "allow_leds = true\n")
    put(plugins / "light.py", "def poll():\n    return {'value': 1}\n")
    with Harvester(folder, simulated({"permissions": {"auto_approve": False}}), plugins) as node:
        node.wait_until("it waits for approval", lambda: node.plugin("light").get("state") == "needs approval")
        seen = node.plugin("light")["request"]
        put(plugins / "light.permission.toml", "allow_leds = true\nallow_buzzer = true\n")
        node.wait_until("the node has seen the new one", lambda: node.plugin("light")["request"] != seen)
        status, _ = node.post("/api/v1/plugins/light/approve", {"digest": seen["digest"]})
        assert status == 409
        assert not node.plugin("light").get("polls")
        return str(node.plugin("light")["state"])


TURNS_IT_ROUND = """
from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.INPUT)

def poll():
    gpio.set_mode(5, gpio.Mode.INPUT_PULL_UP)
    gpio.capture_edges(5, 1, 1)
    raise OSError("wire off")
"""


def candidate_turns_a_line(folder: Path) -> str:
    """A new version turns the output of the running one into an input, and fails.

    ends: failed
    says: wire off
    wall: a candidate configures no line that is in use
    """
    plugins = _folder(folder, "node") / "plugins"
    put(plugins / "one.permission.toml", "allow_gpio = [5]\n")
    put(plugins / "one.py", OUTPUT)
    with Harvester(folder, simulated(), plugins) as node:
        node.wait_for_value("one")
        before = node.plugin("one")
        put(plugins / "one.py", TURNS_IT_ROUND)
        said = node.wait_for_log(r"\S+ (?:warning|error) one: .*wire off.*")[0]
        count = node.data("one")["count"]
        data = node.wait_for_data("one", "goes on", lambda data: data.get("count", 0) > count + 2)
        assert data["level"] == (data["count"] % 2 == 1)
        assert (node.plugin("one")["pid"], node.plugin("one")["errors"]) == (before["pid"], 0)
        return str(said)


def poison_readings(folder: Path) -> str:
    """Readings that a node stores and its hub refuses, so that the link stops for good.

    ends: harmless
    says: online
    wall: one definition of an acceptable reading, where it comes in
    """
    there, here = _folder(folder, "hub"), _folder(folder, "cellar")
    put(here / "plugins" / "poison.py", POISON)
    put(here / "plugins" / "zero.py", ZERO)
    put(here / "plugins" / "counter.py", COUNTER)
    with Harvester(there, HUB) as hub:
        _join(here, _invite(hub, there, "cellar"))
        with Harvester(here, SPOKE) as spoke:
            def stored() -> list[dict[str, Any]]:
                path = "/api/v1/history?node=cellar&sensor=counter&resolution=raw&limit=1000"
                return list(hub.get_json(path)["readings"])
            spoke.wait_until("it has failed too", lambda: spoke.plugin("poison").get("errors", 0) > 0)
            last = spoke.data("counter")["count"]
            hub.wait_until("what came after is on the hub",
                           lambda: any(reading["data"]["count"] > last for reading in stored()))
            uplink = spoke.get_json("/api/v1/nodes")["nodes"][0]["uplink"]
            assert (uplink["refused"], uplink["skipped"]) == (0, 0), uplink
            return str(uplink["state"])


TIMES = """
def poll():
    return [{"sensor_id": f"at{i}", "value": i, "timestamp_ms": time}
            for i, time in enumerate((2 ** 63 - 1, 1, 1_500_000_000_000, 4_000_000_000_000))]
"""


def times_of_other_years(folder: Path) -> str:
    """Readings of 1970, 2017, 2096 and of the end of time, to be the newest for ever, or never deleted.

    ends: harmless
    says: using the time of arrival
    wall: a time far from the node's own becomes the time of arrival
    """
    plugins = _folder(folder, "node") / "plugins"
    put(plugins / "times.py", TIMES)
    began = int(time.time() * 1000)
    with Harvester(folder, simulated(), plugins) as node:
        for i in range(4):
            node.wait_for_value(f"at{i}")
        shown = node.get_json("/api/readings")
        times = [reading["timestamp_ms"] for reading in shown["readings"]] + [shown["last_update"]]
        assert all(began <= each <= time.time() * 1000 for each in times), times
        return str(node.wait_for_log(r" warning times: .*using the time of arrival.*")[0])


def watches_used_up(folder: Path) -> str:
    """Six hundred and thirty folders in one plugin, so that no watch is left for the changes of others.

    ends: harmless
    says: folders, such as .*, are not watched for changes
    wall: a share of the watches by plugin; a warning, and a slow look at the rest
    """
    plugins = _folder(folder, "node") / "plugins"
    (plugins / "honest" / "part").mkdir(parents=True)
    put(plugins / "honest" / "part" / "__init__.py", "VERSION = 1\n")
    put(plugins / "honest" / "plugin.py", "import part\n\ndef poll():\n    return {'value': part.VERSION}\n")
    with Harvester(folder, simulated(), plugins) as node:
        node.wait_for_value("honest")
        for i in range(630):
            (plugins / "_flood" / str(i)).mkdir(parents=True)
        put(plugins / "_flood" / "plugin.py", "def poll():\n    return {'value': 1}\n")
        (plugins / "_flood").rename(plugins / "flood")
        said = node.wait_for_log(r"\S+ warning .*not watched for changes.*")[0]
        put(plugins / "honest" / "part" / "__init__.py", "VERSION = 2\n")
        node.wait_for_data("honest", "is the new version", lambda data: data.get("value") == 2)
        return str(said)


def node_floods_its_hub(folder: Path) -> str:
    """A node that was broken into sends its hub as many megabytes as it takes.

    ends: refused
    says: this node sends readings faster than this hub takes them from one node
    wall: bytes a second of each node's token
    """
    there = _folder(folder, "hub")
    with Harvester(there, HUB) as hub:
        tokens = {name: _invite(hub, there, name).split("token=")[1].split("&")[0] for name in ("cellar", "attic")}

        def send(path: str, name: str, body: Any) -> tuple[int, dict[str, Any]]:
            return _ask(f"{hub.address}/api/v1/uplink/{path}", body, Authorization=f"Bearer {tokens[name]}")

        def batch(name: str, first: int, text: str) -> dict[str, Any]:
            now = int(time.time() * 1000)
            return {"protocol": 2, "node": name, "stream": "1f", "sent_ms": now, "skipped": 0, "readings": [
                {"sequence": first + i, "timestamp_ms": now, "sensor": "s", "plugin": "p", "simulated": False,
                 "data": {"text": text}} for i in range(100)]}

        for name in tokens:
            hello = {"protocol": 2, "node": name, "version": "1", "sent_ms": 1, "round_trip_ms": None, "devices": {}}
            request = json.dumps(hello).encode()
            hub.wait_until("the hub knows the node", lambda name=name, request=request: _greet(hub, tokens[name], request))
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _: send("readings", "cellar", batch("cellar", 1, "x" * 16000)), range(10)))
        assert send("readings", "attic", batch("attic", 1, "x"))[0] == 200
        refused = [said for status, said in answers if status == 429]
        assert refused and {status for status, _ in answers} <= {200, 429, 503}, answers
        return str(refused[0]["detail"])


class _Service(ThreadingHTTPServer):
    """A service for alerts whose answers are the attack."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.kind, self.other = "fail", ""
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Answers(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        pass

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, _Service)
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked += 1
        if server.kind == "accept":
            server.titles.append(message["title"])
            server.texts.append(message["message"])
        self.send_response({"accept": 200, "fail": 503, "redirect": 307, "huge": 200}[server.kind])
        if server.kind == "redirect":
            self.send_header("Location", server.other)
        self.end_headers()
        try:
            for _ in range(16384 if server.kind == "huge" else 0):
                self.wfile.write(bytes(65536))
        except OSError:
            pass


def _alerting(service: _Service, more: str = "") -> str:
    return simulated() + f'''
[alerting]
allowed_hosts = ["127.0.0.1"]
notify = ["phone"]
[[notify]]
name = "phone"
kind = "ntfy"
url = "{service.url()}"
topic = "t"
[[alert]]
name = "hot"
field = "t"
above = 30
{more}'''


def _resident(node: Harvester) -> int:
    """Bytes that the broker has ever used."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def alert_service_turned(folder: Path) -> str:
    """A service that gets alerts was broken into: it redirects the node to itself, then answers with a gigabyte.

    ends: refused
    says: the response has more than 65536 bytes
    wall: no redirect is followed; a limit of the answer, and of the time
    """
    plugins = _folder(folder, "node") / "plugins"
    put(plugins / "oven.py", "def poll():\n    return {'t': 99}\n")
    service, inner = _Service(), _Service()
    service.kind, service.other = "redirect", inner.url()
    with Harvester(folder, _alerting(service), plugins) as node:
        node.wait_for_log(r"warning alert: .*redirects to another address")
        before = _resident(node)
        service.kind = "huge"
        os.kill(node.process.pid, signal.SIGHUP)  # a reload ends the pause
        said = node.wait_for_log(r"\S+ warning alert: .*the response has more than.*")[0]
        assert not inner.asked
        assert _resident(node) - before < 16 << 20
        service.kind = "accept"
        os.kill(node.process.pid, signal.SIGHUP)
        node.wait_until("the alert arrives nevertheless", lambda: service.titles == ["hot firing"])
    service.shutdown()
    inner.shutdown()
    return str(said)


_FLAPPING = """
on = False

def poll():
    global on
    on = not on
    return [{"sensor_id": f"flood{i}", "t": 99 if on else 0} for i in range(200)]
"""


def alerts_crowded_out(folder: Path) -> str:
    """A plugin lets two hundred alerts begin and end with each poll, until no other finds a place in the queue.

    ends: harmless
    says: hot fires: oven
    wall: shares of the queue by plugin; a limit of lines in the log, and of transactions a second
    """
    plugins = _folder(folder, "node") / "plugins"
    put(plugins / "flood.py", _FLAPPING)
    service = _Service()
    with Harvester(folder, _alerting(service), plugins) as node:
        node.wait_until("the queue is full", lambda: node.get_json("/api/v1/alerts")["counters"]["dropped"] > 100)
        put(plugins / "oven.py", "def poll():\n    return {'t': 99}\n")
        node.wait_until("its alert fires", lambda: any(
            item["subject"] == "test:oven" and item["told"] for alert in node.get_json("/api/v1/alerts")["alerts"]
            for item in alert["subjects"]))
        service.kind = "accept"
        os.kill(node.process.pid, signal.SIGHUP)
        node.wait_until("it arrives", lambda: any("oven: t is 99" in text for text in service.texts))
    service.shutdown()
    return "hot fires: oven arrived"


def _greet(hub: Harvester, token: str, hello: bytes) -> bool:
    """Whether the hub takes the hello; it has to open its history and to see the token first."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(
                f"{hub.address}/api/v1/uplink/hello", hello, headers), timeout=60) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
