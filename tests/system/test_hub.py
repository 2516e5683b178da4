"""A hub and its spokes: enrolment, readings, logs and commands, and what a hub refuses."""
import gzip
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from node import COUNTER, Harvester, command, simulated
from pairing import folder_of, invite, join
from plugin_texts import POISON

QUICK = {"commit_seconds": 0.2}


def hub_config(**http: Any) -> str:
    """Of a hub without devices of its own."""
    return simulated({"cluster": {"node_id": "hub", "role": "hub"}, "history": QUICK, "leds": {"count": 0, "gpio_pin": -1},
                      "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}, **({"http": http} if http else {})})


def spoke_config(name: str = "cellar") -> str:
    """Of a spoke whose hub is told by its invitation."""
    return simulated({"cluster": {"node_id": name}, "history": QUICK})


def nodes(hub: Harvester) -> dict[str, Any]:
    """What the hub says of each."""
    return {node["node"]: node for node in hub.get_json("/api/v1/nodes")["nodes"]}


def stored(hub: Harvester, node: str = "cellar") -> list[dict[str, Any]]:
    """The hub's history of a node."""
    return hub.get_json(f"/api/v1/history?node={node}&resolution=raw&limit=1000")["readings"]


def send(hub: Harvester, path: str, body: Any, token: str = "", packed: bool = False) -> tuple[int, Any]:
    """Status and body of an answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if packed:
        data, headers["Content-Encoding"] = gzip.compress(data), "gzip"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(hub.address + path, data, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def token_of(hub: Harvester, invitation: str) -> str:
    """The secret in it, once the hub has seen that the accounts changed."""
    secret = invitation.split("token=")[1].split("&")[0]
    hub.wait_until("the token of the invitation counts",
                   lambda: send(hub, "/api/v1/uplink/hello", {}, secret)[0] != 401)
    return secret


def hello(node: str) -> dict[str, Any]:
    """As a spoke says it."""
    return {"protocol": 2, "node": node, "version": "0.1.0", "sent_ms": int(time.time() * 1000), "round_trip_ms": None,
            "devices": {"buzzer": True}}


def greet(hub: Harvester, node: str, token: str) -> None:
    """Until the hub knows itself: its history is opened while it starts."""
    hub.wait_until(f"{node} is greeted", lambda: send(hub, "/api/v1/uplink/hello", hello(node), token)[0] == 200)


def batch(node: str, sequences: list[int], stream: str = "1f", **changes: Any) -> dict[str, Any]:
    """As a spoke sends it."""
    now = int(time.time() * 1000)
    readings = [{"sequence": sequence, "timestamp_ms": now + sequence, "sensor": "dht22", "plugin": "dht22",
                 "simulated": False, "data": {"temperature": 20 + sequence / 10}} for sequence in sequences]
    return {"protocol": 2, "node": node, "stream": stream, "sent_ms": now, "skipped": 0, "readings": readings, **changes}


def test_readings_and_logs_reach_the_hub(tmp_path: Path) -> None:
    """By one line on either side; nothing is there twice after both were restarted."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    (here / "plugins").mkdir()
    (here / "plugins" / "counter.py").write_text(COUNTER)
    with Harvester(there, hub_config()) as hub:
        join(here, invite(there, hub.address))
        with Harvester(here, spoke_config()) as spoke:
            hub.wait_until("the hub shows the spoke's counter",
                           lambda: any(reading["sensor_id"] == "cellar:counter"
                                       for reading in hub.get_json("/api/readings")["readings"]))
            hub.wait_until("its history has some", lambda: len(stored(hub)) > 5)
            node = hub.wait_until("a round trip was measured",
                                  lambda: (found := nodes(hub)["cellar"])["round_trip_ms"] is not None and found)
            assert node["online"] and node["role"] == "spoke" and node["devices"]["buzzer"] is True
            hub.wait_until("the hub has its log", lambda: hub.get_json("/api/v1/logs?node=cellar")["logs"])
            assert "network" in spoke.readings()
        with Harvester(here, spoke_config()) as spoke:
            before = len(stored(hub))
            hub.wait_until("more came after its restart", lambda: len(stored(hub)) > before + 3)
    sequences = [reading["sequence"] for reading in json.loads(json.dumps(stored_at_rest(there)))]
    assert sequences == sorted(set(sequences))


def stored_at_rest(folder: Path) -> list[dict[str, Any]]:
    """The same from the file, when nobody runs."""
    done = command("history", "export", "--format", "jsonl", "--node", "cellar", "--data", folder / "data")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def page_of(hub: Harvester) -> bytes:
    """What the page's plugin has rendered; empty before the first time."""
    try:
        return hub.get("/page")
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return b""


def test_the_hubs_page_shows_what_others_measure(tmp_path: Path) -> None:
    """Though nothing of its own is polled: its page plugin is told of their readings."""
    folder = folder_of(tmp_path, "hub")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "dashboard.py").write_text(
        "import json\n\ndef render(state):\n    return str(sorted(json.loads(state)['nodes']))\n")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        hub.wait_until("its page plugin runs", lambda: hub.plugin("dashboard").get("state") == "idle")
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1]), token)[0] == 200
        hub.wait_until("the page names the node", lambda: b"cellar" in page_of(hub))


def test_commands_reach_the_node_that_has_the_device(tmp_path: Path) -> None:
    """With their result; a node that is away is reported as offline."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    with Harvester(there, hub_config()) as hub:
        join(here, invite(there, hub.address))
        with Harvester(here, spoke_config()) as spoke:
            hub.wait_until("the spoke is online", lambda: nodes(hub).get("cellar", {}).get("online"))
            assert hub.post("/api/v1/nodes/cellar/buzzer", {"pattern": "triple"})[0] in (200, 204)
            spoke.wait_until("it beeps", lambda: spoke.get_json("/api/v1/simulation")["relays"]["buzzer"]["switched"] >= 1)
            assert hub.get_json("/api/v1/nodes/cellar/fan") == {"on": False}
            assert len(hub.get_json("/api/v1/nodes/cellar/leds")["leds"]) == 11
            # The old way: whichever spoke has one.
            assert hub.post("/api/buzzer?action=beep")[0] == 200
        status, problem = hub.post("/api/v1/nodes/cellar/buzzer", {"pattern": "single"})
        assert status == 504 and "cellar did not answer within 10 s" in problem["detail"]
        status, problem = hub.post("/api/v1/nodes/attic/buzzer", {"pattern": "single"})
        assert status == 404 and "attic" in problem["detail"]


def test_a_hub_takes_each_reading_once(tmp_path: Path) -> None:
    """Whatever is sent again, in whatever pieces."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1, 2, 3]), token, packed=True) == (
            200, {"added": 3, "known": 0, "refused": 0, "reason": None, "refusals": []})
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2, 3, 5]), token)[1]["added"] == 1
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1, 2, 3]), token)[1]["known"] == 3
        assert [reading["sequence"] for reading in stored(hub)] == [1, 2, 3, 5]


def test_what_a_hub_refuses(tmp_path: Path) -> None:
    """Each with its reason, and nothing of it is stored."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        other = token_of(hub, invite(folder, hub.address, "attic"))
        hour = 3600 * 1000

        def refused(body: Any, status: int, why: str, secret: str = token, packed: bool = False) -> None:
            got, problem = send(hub, "/api/v1/uplink/readings", body, secret, packed)
            assert got == status and why in problem["detail"], (got, problem)

        refused(batch("cellar", [1]), 404, "has not connected to this hub")
        for each, secret in (("cellar", token), ("attic", other)):
            greet(hub, each, secret)
        refused(batch("cellar", [1]), 401, "token", secret="forged")
        refused(batch("cellar", [1]), 401, "token", secret="")
        refused(batch("cellar", [1]), 403, "for the node attic", secret=other)
        refused(batch("cellar", [1]) | {"protocol": 3}, 501, "this hub supports 1 to 2")
        refused(batch("cellar", list(range(1, 502))), 413, "more than 500", packed=True)
        refused(batch("cellar", [1], sent_ms=int(time.time() * 1000) + 30 * hour), 409, "ahead of this hub's")
        refused(json.dumps(batch("cellar", [1])).encode()[:-9], 400, "not a JSON object")
        refused(gzip.compress(b"{}")[:-3], 400, "not a JSON object")
        status, problem = send(hub, "/api/v1/uplink/hello", hello("cellar"), other)
        assert status == 403 and "not for cellar" in problem["detail"]
        # Small on the way, large when unpacked.
        request = urllib.request.Request(hub.address + "/api/v1/uplink/readings", gzip.compress(b" " * (3 << 20)),
                                         {"Content-Encoding": "gzip", "Authorization": f"Bearer {token}"}, method="POST")
        with pytest.raises(urllib.error.HTTPError) as bomb:
            urllib.request.urlopen(request, timeout=30)
        assert bomb.value.code == 413
        # Two machines that both call themselves cellar.
        # What was unpacked counts against the node's bytes a second.
        hub.wait_until("the hub accepts more from this node",
                       lambda: send(hub, "/api/v1/uplink/readings", batch("cellar", [1]), token)[0] == 200)
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1], stream="2a"), token)[0] == 200
        refused(batch("cellar", [2]), 409, "two machines send as cellar")
        assert nodes(hub)["cellar"]["problem"]
        assert command("node", "revoke", "attic", "--data", folder / "data").returncode == 0
        hub.wait_until("the token counts no more",
                       lambda: send(hub, "/api/v1/uplink/hello", hello("attic"), other)[0] == 401)
        assert len(stored(hub)) == 2 and not stored(hub, "attic")


def test_an_unacceptable_reading_costs_no_other_one(tmp_path: Path) -> None:
    """Each is refused with its reason, and the others of its batch are taken."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        sent = batch("cellar", [1, 2, 3, 4, 5, 6, 6, 7])
        sent["readings"][1]["data"] = {f"f{i}": i for i in range(65)}
        sent["readings"][2]["data"] = {f"f{i}": i for i in range(64)} | {"error": "loose", "last_good_ms": 5}
        sent["readings"][3]["data"] = {"a": "x\0y"}
        sent["readings"][4]["data"] = {"largest": 1.7976931348623157e308}
        sent["readings"][5] = 7
        status, result = send(hub, "/api/v1/uplink/readings", sent, token, packed=True)
        assert status == 200 and (result["added"], result["refused"]) == (5, 3), result
        assert [(each["sequence"], each["sensor"]) for each in result["refusals"]] == [
            (None, None), (2, "dht22"), (4, "dht22")]
        assert "reading 6: sequence" in result["reason"]
        assert "more than 64 fields" in result["refusals"][1]["reason"]
        assert "field a: the text has a control character (0x00) at byte 2" in result["refusals"][2]["reason"]
        assert [reading["sequence"] for reading in stored(hub)] == [1, 3, 5, 6, 7]
        assert stored(hub)[2]["data"] == {"largest": 1.7976931348623157e308}
        assert nodes(hub)["cellar"]["refused"] == 3
        assert 'harvester_node_readings_refused_total{node="cellar"} 3\n' in hub.get("/metrics").decode()


def test_poison_readings_stop_no_spoke(tmp_path: Path) -> None:
    """64 fields and an exception, 64 and a NaN, the largest number and a control character: each stopped it for good."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    (here / "plugins").mkdir()
    (here / "plugins" / "poison.py").write_text(POISON)
    (here / "plugins" / "counter.py").write_text(COUNTER)
    with Harvester(there, hub_config()) as hub:
        join(here, invite(there, hub.address))
        with Harvester(here, spoke_config()) as spoke:
            for sensor in ("full", "nan", "largest", "bell"):
                hub.wait_until(f"the hub has a failed reading of {sensor}", lambda: any(
                    reading["sensor_id"] == f"cellar:{sensor}" and reading["data"].get("error")
                    for reading in stored(hub)))
            hub.wait_until("and what came after", lambda: stored(hub)[-1]["sequence"] > 50)
            uplink = spoke.get_json("/api/v1/nodes")["nodes"][0]["uplink"]
            assert (uplink["refused"], uplink["skipped"], uplink["state"]) == (0, 0, "online")


class OldHub(ThreadingHTTPServer):
    """Refuses a whole batch for one reading in it, as hubs did."""

    daemon_threads = True

    def __init__(self) -> None:
        self.sequences: set[int] = set()
        self.refused: list[int] = []  # sizes of batches
        self.ahead_ms = 0
        self.busy = 0  # so many batches have to wait
        self.waiting: set[int] = set()  # the sequences in them
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), OldHubRequest)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, readings: list[dict[str, Any]]) -> tuple[int, Any]:
        """What becomes of a batch."""
        if self.busy:
            self.busy -= 1
            self.waiting.update(reading["sequence"] for reading in readings)
            return 429, {"detail": "too fast"}
        if self.ahead_ms or any(reading["sensor"] == "poison" for reading in readings):
            self.refused.append(len(readings))
            return 400, {"detail": "reading 1: data: more than 64 fields"}
        self.sequences.update(reading["sequence"] for reading in readings)
        return 200, {"added": len(readings), "known": 0, "refused": 0, "reason": None}


class OldHubRequest(BaseHTTPRequestHandler):
    """One request to it."""

    server: OldHub

    def answer(self, status: int, body: Any) -> None:
        """As JSON."""
        text = json.dumps(body).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """A wait for commands: there are none."""
        self.server.ended.wait(20)
        self.answer(200, {"commands": []})

    def do_POST(self) -> None:  # pylint: disable=invalid-name
        """Hello, or a batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/hello"):
            now = int(time.time() * 1000) + self.server.ahead_ms
            self.answer(200, {"protocol": 2, "hub": "abc", "time_ms": now})
        else:
            self.answer(*self.server.take(json.loads(gzip.decompress(body))["readings"]))

    def log_message(self, *_: Any) -> None:
        """Nothing."""


PLAGUE = """
count = 0


def poll():
    global count
    count += 1
    return {"sensor_id": "poison", "value": count} if count in (2, 3, 9) else {"sensor_id": "good", "value": count}
"""


def test_a_spoke_skips_what_an_older_hub_refuses(tmp_path: Path) -> None:
    """It halves its batch down to the one, counts it and goes on; a clock that is off costs no reading."""
    folder = folder_of(tmp_path, "cellar")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "plague.py").write_text(PLAGUE)
    hub = OldHub()
    hub.ahead_ms = 3 * 86_400_000
    join(folder, f"{hub.address}#node=cellar&token=secret")

    def uplink(spoke: Harvester) -> dict[str, Any]:
        return spoke.get_json("/api/v1/nodes")["nodes"][0]["uplink"]

    with Harvester(folder, spoke_config()) as spoke:  # its history has them before a hub takes any
        spoke.wait_until("it has polled", lambda: spoke.plugin("plague")["polls"] > 12)
        spoke.wait_for_log(r" warning hub: .*more than 64 fields; readings wait here until it answers$")
        assert uplink(spoke)["skipped"] == 0 and not hub.sequences
    hub.ahead_ms = 0
    with Harvester(folder, spoke_config()) as spoke:  # 2, 3 and 9 again
        spoke.wait_until("all poison was skipped", lambda: uplink(spoke)["skipped"] == 6)
        spoke.wait_until("what came after is at the hub", lambda: len(hub.sequences) > 30)
        assert len(spoke.log(" warning hub: .* refused some readings: reading 1: data: more than 64 fields$")) == 1
        assert "harvester_uplink_readings_skipped_total 6\n" in spoke.get("/metrics").decode()
        assert 1 in hub.refused and max(hub.refused) > 2
        assert uplink(spoke)["state"] == "online"
    hub.ended.set()
    hub.shutdown()
    hub.server_close()


def test_a_spoke_waits_as_long_as_its_hub_says(tmp_path: Path) -> None:
    """That is no failure: it stays online, says nothing, and sends the same again."""
    folder = folder_of(tmp_path, "cellar")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "counter.py").write_text(COUNTER)
    hub = OldHub()
    hub.busy = 2
    join(folder, f"{hub.address}#node=cellar&token=secret")
    with Harvester(folder, spoke_config()) as spoke:
        spoke.wait_until("readings are at the hub", lambda: len(hub.sequences) > 5)
        uplink = spoke.get_json("/api/v1/nodes")["nodes"][0]["uplink"]
        assert (uplink["slowed"], uplink["failures"], uplink["skipped"], uplink["state"]) == (2, 0, 0, "online")
        assert hub.waiting and hub.waiting <= hub.sequences
        assert not spoke.log(r" warning hub: ")
    hub.ended.set()
    hub.shutdown()
    hub.server_close()


def test_a_node_sends_so_many_bytes_a_second_at_most(tmp_path: Path) -> None:
    """A node that was broken into has to wait, and no other with it; the hub says so once and counts it."""
    with Harvester(folder_of(tmp_path, "hub"), hub_config()) as hub:
        tokens = {name: token_of(hub, invite(tmp_path / "hub", hub.address, name)) for name in ("cellar", "attic")}
        for name, token in tokens.items():
            greet(hub, name, token)

        def flood(_: int) -> tuple[int, Any]:  # 1.6 MB, of the same readings, so that the disk has little to do
            body = batch("cellar", list(range(1, 101)))
            for reading in body["readings"]:
                reading["data"] = {"text": "x" * 16000}
            return send(hub, "/api/v1/uplink/readings", body, tokens["cellar"], packed=True)

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(flood, range(10)))
        assert {200, 429} <= {status for status, _ in answers} <= {200, 429, 503}, answers
        assert all("faster than this hub takes them" in said["detail"] for status, said in answers if status == 429)
        assert send(hub, "/api/v1/uplink/readings", batch("attic", [1]), tokens["attic"])[0] == 200
        hub.wait_for_log(r" warning .*cellar.*sends more than 512 kB of readings a second")
        slowed = re.search(r'^harvester_node_requests_slowed_total\{node="cellar"\} (\d+)$', hub.get("/metrics").decode(), re.M)
        assert slowed and int(slowed[1]) >= 1
        hub.wait_until("it may send again", lambda: send(
            hub, "/api/v1/uplink/readings", batch("cellar", [5000]), tokens["cellar"])[0] == 200)


def lines_of(hub: Harvester, node: str = "cellar") -> list[dict[str, Any]]:
    """The hub's log of a node."""
    return hub.get_json(f"/api/v1/logs?node={node}&limit=1000")["logs"]


def test_log_lines_of_a_node_are_held_to_the_nodes_own_rules(tmp_path: Path) -> None:
    """Source, text, time and number; what is no line costs no other one."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        now = int(time.time() * 1000)
        line = {"time_ms": now - 5000, "level": "warning", "source": "bme680", "text": "too hot"}
        hostile = line | {"time_ms": 2 ** 63 - 1, "source": "web\n" * 100, "text": "\x1b[2J\x07" + "x" * 5000}
        sent = batch("cellar", [], logs=[{"sequence": 1, "dropped": 0, "lines": [line, hostile, 3, {"level": "info"}]}])
        for _ in range(2):
            assert send(hub, "/api/v1/uplink/readings", sent, token) == (
                200, {"added": 0, "known": 0, "refused": 0, "reason": None, "refusals": []})
        first, second = lines_of(hub)
        assert (first["source"], first["text"], first["time_ms"]) == ("bme680", "too hot", now - 5000)
        assert second["source"].startswith("web?web?") and len(second["source"].encode()) < 160
        assert second["text"].startswith("?[2J?xxx") and len(second["text"].encode()) < 1024
        assert abs(second["time_ms"] - now) < 60_000
        assert any(" warning cellar/bme680: too hot" in each for each in hub.get_json("/api/logs")["logs"])
        assert nodes(hub)["cellar"]["log_lines_dropped"] == 2
        # A flood: the newest are shown, the hub's own lines stay, and its memory does not grow with it.
        flood = [line | {"text": "x" * 1000 + str(number)} for number in range(64)]
        for sequence in range(2, 40):
            send(hub, "/api/v1/uplink/readings", batch("cellar", [], logs=[
                {"sequence": 20 * sequence + number, "dropped": 0, "lines": flood} for number in range(20)]), token, packed=True)
        assert nodes(hub)["cellar"]["log_lines_dropped"] > 2 and len(lines_of(hub)) <= 1000
        assert hub.get_json("/api/v1/logs?source=broker")["logs"]


def test_names_of_the_host_are_refused_from_nodes(tmp_path: Path) -> None:
    """As an older spoke sends its log, or a plugin of it forges one: its other readings are taken."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        sent = batch("cellar", [1, 2, 3]) | {"protocol": 1}
        sent["readings"][1] |= {"sensor": "_log", "plugin": "", "data": {"dropped": 0, "lines": [
            {"time_ms": 5, "level": "error", "source": "web", "text": "forged"}]}}
        sent["readings"][2]["sensor"] = "broker"
        status, result = send(hub, "/api/v1/uplink/readings", sent, token)
        assert status == 200 and (result["added"], result["refused"]) == (1, 2)
        assert "the name _log is reserved" in result["reason"]
        assert not lines_of(hub) and [each["sensor_id"] for each in hub.get_json("/api/readings")["readings"]] == [
            "cellar:dht22"]


def test_a_forged_log_of_a_plugin_stays_on_its_node(tmp_path: Path) -> None:
    """A plugin without any grant returned such a reading, and the hub showed its lines as it liked."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    (here / "plugins").mkdir()
    (here / "plugins" / "forger.py").write_text(
        'LINE = {"time_ms": 5, "level": "error", "source": "web", "text": "forged"}\n\n\n'
        'def poll():\n    return {"sensor_id": "_log", "dropped": 0, "lines": [LINE]}\n')
    with Harvester(there, hub_config()) as hub:
        join(here, invite(there, hub.address))
        with Harvester(here, spoke_config()) as spoke:
            assert "the name _log is reserved" in spoke.wait_for_error("forger")
            hub.wait_until("the forger's failure is in the hub's log", lambda: [
                line for line in lines_of(hub) if line["source"] == "forger" and "reserved" in line["text"]])
            assert not [line for line in lines_of(hub) if line["text"] == "forged"]
            assert hub.log(r" info cellar/forger: ")  # its readings carry its name in the hub's terminal
            assert not hub.log(r" info forger: ")


def test_the_owner_puts_a_refused_machine_back(tmp_path: Path) -> None:
    """A stranger took the name while the hub was open; the refusal says how to undo that."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        for sequence, stream in ((1, "1f"), (1, "2a")):
            assert send(hub, "/api/v1/uplink/readings", batch("cellar", [sequence], stream), token)[0] == 200
        status, problem = send(hub, "/api/v1/uplink/readings", batch("cellar", [2]), token)
        assert status == 409 and "POST /api/v1/nodes/cellar/accept" in problem["detail"]
        assert "`harvester node accept cellar`" in problem["detail"]
        assert hub.post("/api/v1/nodes/attic/accept")[0] == 404
        assert hub.post("/api/v1/nodes/cellar/accept")[0] == 204
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2]), token)[0] == 200
        status, problem = hub.post("/api/v1/nodes/cellar/accept")
        assert status == 409 and "refused no other machine that sends as cellar" in problem["detail"]
    with Harvester(folder, hub_config()) as hub:
        greet(hub, "cellar", token)
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [3]), token)[0] == 200
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2], "2a"), token)[0] == 409
        assert hub.post("/api/v1/nodes/self/accept")[0] == 404


def accept(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    """`harvester node accept` at the hub."""
    return command("node", "accept", name, "--data", folder / "data")


def test_a_command_accepts_the_refused_machine(tmp_path: Path) -> None:
    """As the page does it, for an owner at the hub's command line; the command's token is revoked when it ends."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        for stream in ("1f", "2a"):
            assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1], stream), token)[0] == 200
        done = accept(folder, "cellar")
        assert done.returncode == 1 and "the node refused: " in done.stderr and "refused no other machine" in done.stderr
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2]), token)[0] == 409
        done = accept(folder, "cellar")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("accepted the machine that was refused as cellar")
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2]), token)[0] == 200
        assert accept(folder, "attic").returncode == 1
        assert accept(folder, "self/../x").returncode == 1
        listed = json.loads(command("token", "list", "--data", folder / "data", "--json").stdout)["tokens"]
        assert [bool(one["revoked_ms"]) for one in listed if one["name"] == "node-accept"] == [True]
    done = accept(folder, "cellar")
    assert done.returncode == 1 and "start the hub first" in done.stderr


def test_push_without_token_opens_push_alone(tmp_path: Path) -> None:
    """A stranger sent readings as cellar with a stream of its own, and the real one was refused from then on."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config(push_without_token=True)) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        for path, body in (("hello", hello("cellar")), ("readings", batch("cellar", [1], "2a")),
                           ("results?node=cellar", {"results": []})):
            assert send(hub, f"/api/v1/uplink/{path}", body)[0] == 401
        reading = {"sensor_id": "cellar:dht22", "timestamp_ms": int(time.time() * 1000), "data": {"temperature": -40}}
        status, problem = send(hub, "/push", [reading])
        assert status == 403 and "the node cellar has a token at this hub" in problem["detail"]
        assert send(hub, "/push", [reading], token)[0] == 200
        status, problem = send(hub, "/push", [reading | {"sensor_id": "hub:dht22"}])
        assert status == 403 and "hub is the name of this hub itself" in problem["detail"]
        status, problem = send(hub, "/push", [reading | {"sensor_id": "attic:_log"}])
        assert status == 400 and "the name _log is reserved" in problem["detail"]
        assert send(hub, "/push", [reading | {"sensor_id": "attic:dht22"}])[0] == 200
        # A token that was revoked leaves its node's name shut too.
        assert command("node", "revoke", "cellar", "--data", folder / "data").returncode == 0
        hub.wait_until("the token is revoked", lambda: send(hub, "/push", [reading], token)[0] == 401)
        assert send(hub, "/push", [reading])[0] == 403


def test_a_version_that_is_cut_in_a_character_hides_no_node(tmp_path: Path) -> None:
    """Nor does any other text that a node may send."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(hub, invite(folder, hub.address))
        greet(hub, "cellar", token)
        assert send(hub, "/api/v1/uplink/hello", hello("cellar") | {"version": "v" * 63 + "é"}, token)[0] == 200
        assert nodes(hub)["cellar"]["version"].endswith("v…")
        assert send(hub, "/api/v1/uplink/hello", hello("cellar") | {"version": 5}, token)[0] == 200
        assert nodes(hub)["cellar"]["version"] == ""
        status, problem = send(hub, "/api/v1/uplink/hello", hello("küche"), token)
        assert status == 400 and "node: expected a name" in problem["detail"]


def test_push_of_older_nodes(tmp_path: Path) -> None:
    """Where the configuration wants no token of them."""
    reading = {"sensor_id": "attic:dht22", "timestamp_ms": int(time.time() * 1000), "data": {"temperature": 19.5}}
    with Harvester(folder_of(tmp_path, "open"), hub_config(push_without_token=True)) as hub:
        assert send(hub, "/push", [reading])[0] == 200
        shown = {each["sensor_id"]: each for each in hub.get_json("/api/readings")["readings"]}
        assert shown["attic:dht22"]["data"] == {"temperature": 19.5}
        hub.wait_until("it is stored", lambda: len(stored(hub, "attic")) == 1)
        assert send(hub, "/push", [{**reading, "data": 3}])[0] == 400
        status, answer = send(hub, "/push", [{**reading, "data": {"a": "\x1b"}}, reading])
        assert status == 200 and (answer["taken"], answer["refused"]) == (1, 1)
        assert "reading 1: field a: the text" in answer["refusals"][0]["reason"]
        assert send(hub, "/push", {})[0] == 400
        small = {**reading, "data": {}}
        assert send(hub, "/push", [small] * 501)[0] == 413
    with Harvester(folder_of(tmp_path, "closed"), hub_config()) as hub:
        assert send(hub, "/push", [reading])[0] == 401


def test_a_pinned_certificate(tmp_path: Path) -> None:
    """The spoke knows its hub by the invitation alone, and nobody else for it."""
    there, here = folder_of(tmp_path, "hub"), folder_of(tmp_path, "cellar")
    for name in ("a", "b"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=hub", "-days", "2", "-keyout", there / f"{name}.key", "-out", there / f"{name}.crt"],
                       check=True, capture_output=True)

    def config(name: str) -> str:
        return hub_config(tls_certificate=str(there / f"{name}.crt"), tls_key=str(there / f"{name}.key"))

    with Harvester(there, config("a")) as hub:
        invitation = invite(there, hub.address, "cellar", "--config", str(there / "config.toml"))
        assert "pin=sha256//" in invitation and hub.address.startswith("https://")
        join(here, invitation)
        with Harvester(here, spoke_config()) as spoke:
            spoke.wait_for_log(r"hub: https://\S+ has this node's readings")
            port = hub.address.rpartition(":")[2]
    with Harvester(there, config("b"), options=("--listen", f"127.0.0.1:{port}")):
        with Harvester(here, spoke_config()) as spoke:
            spoke.wait_for_log(r"hub: https://\S+: .*public key")


@pytest.mark.parametrize("line, why", [
    ("hub.local", "expected the hub's address with http:// or https://"),
    ("http://h#node=a", "token: expected"),
    ("http://h#token=x", "node: expected"),
    ("http://h#node=a&token=x&pin=abc", "pin: expected"),
    ("http://h#node=a&token=x&more=1", "the invitation has an unknown part, more=1: copy the whole line"),
])
def test_a_bad_invitation(tmp_path: Path, line: str, why: str) -> None:
    """What is wrong with it is said."""
    done = command("node", "join", line, "--data", tmp_path)
    assert done.returncode == 1 and why in done.stderr
