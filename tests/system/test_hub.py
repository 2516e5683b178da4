"""A hub and its spokes: enrolment, readings, logs and commands, and what a hub refuses."""
import gzip
import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from node import COUNTER, Harvester, command, simulated

QUICK = {"commit_seconds": 0.2}


def hub_config(**http: Any) -> str:
    """Of a hub without devices of its own."""
    return simulated({"cluster": {"node_id": "hub", "role": "hub"}, "history": QUICK, "leds": {"count": 0, "gpio_pin": -1},
                      "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}, **({"http": http} if http else {})})


def spoke_config(name: str = "cellar") -> str:
    """Of a spoke whose hub is told by its invitation."""
    return simulated({"cluster": {"node_id": name}, "history": QUICK})


def folder_of(path: Path, name: str) -> Path:
    """A node's folder."""
    (path / name).mkdir(exist_ok=True)
    return path / name


def invite(hub: Path, address: str, name: str = "cellar", *options: str) -> str:
    """The invitation that the hub prints."""
    done = command("node", "invite", name, "--url", address, "--data", hub / "data", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["invitation"]


def join(spoke: Path, invitation: str) -> None:
    """The line that it is to be run with."""
    done = command("node", "join", invitation, "--data", spoke / "data")
    assert done.returncode == 0, done.stderr


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


def token_of(invitation: str) -> str:
    """The secret in it."""
    return invitation.split("token=")[1].split("&")[0]


def hello(node: str) -> dict[str, Any]:
    """As a spoke says it."""
    return {"protocol": 1, "node": node, "version": "0.1.0", "sent_ms": int(time.time() * 1000), "round_trip_ms": None,
            "devices": {"buzzer": True}}


def greet(hub: Harvester, node: str, token: str) -> None:
    """Until the hub knows itself: its history is opened while it starts."""
    hub.wait_until(f"{node} is greeted", lambda: send(hub, "/api/v1/uplink/hello", hello(node), token)[0] == 200)


def batch(node: str, sequences: list[int], stream: str = "1f", **changes: Any) -> dict[str, Any]:
    """As a spoke sends it."""
    now = int(time.time() * 1000)
    readings = [{"sequence": sequence, "timestamp_ms": now + sequence, "sensor": "dht22", "plugin": "dht22",
                 "simulated": False, "data": {"temperature": 20 + sequence / 10}} for sequence in sequences]
    return {"protocol": 1, "node": node, "stream": stream, "sent_ms": now, "skipped": 0, "readings": readings, **changes}


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


def test_the_hubs_page_shows_what_others_measure(tmp_path: Path) -> None:
    """Though nothing of its own is polled: its page plugin is told of their readings."""
    folder = folder_of(tmp_path, "hub")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "dashboard.py").write_text(
        "import json\n\ndef render(state):\n    return str(sorted(json.loads(state)['nodes']))\n")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(invite(folder, hub.address))
        greet(hub, "cellar", token)
        hub.wait_until("its page plugin runs", lambda: hub.plugin("dashboard").get("state") == "idle")
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1]), token)[0] == 200
        hub.wait_until("the page names the node", lambda: b"cellar" in hub.get("/page"))


def test_commands_reach_the_node_that_has_the_device(tmp_path: Path) -> None:
    """With their result; a node that is away is said to be out of reach."""
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
        token = token_of(invite(folder, hub.address))
        greet(hub, "cellar", token)
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1, 2, 3]), token, packed=True) == (
            200, {"added": 3, "known": 0, "refused": 0, "reason": None})
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [2, 3, 5]), token)[1]["added"] == 1
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1, 2, 3]), token)[1]["known"] == 3
        assert [reading["sequence"] for reading in stored(hub)] == [1, 2, 3, 5]


def test_what_a_hub_refuses(tmp_path: Path) -> None:
    """Each with its reason, and nothing of it is stored."""
    folder = folder_of(tmp_path, "hub")
    with Harvester(folder, hub_config()) as hub:
        token = token_of(invite(folder, hub.address))
        other = token_of(invite(folder, hub.address, "attic"))
        hour = 3600 * 1000

        def refused(body: Any, status: int, why: str, secret: str = token, packed: bool = False) -> None:
            got, problem = send(hub, "/api/v1/uplink/readings", body, secret, packed)
            assert got == status and why in problem["detail"], (got, problem)

        refused(batch("cellar", [1]), 404, "has said hello")
        for each, secret in (("cellar", token), ("attic", other)):
            greet(hub, each, secret)
        refused(batch("cellar", [1]), 401, "token", secret="forged")
        refused(batch("cellar", [1]), 401, "token", secret="")
        refused(batch("cellar", [1]), 403, "for the node attic", secret=other)
        refused(batch("cellar", [1]) | {"protocol": 2}, 501, "this hub speaks 1")
        refused(batch("cellar", [2, 1]), 400, "reading 2: sequence")
        refused(batch("cellar", list(range(1, 502))), 413, "more than 500", packed=True)
        refused(batch("cellar", [1], sent_ms=int(time.time() * 1000) + 30 * hour), 400, "ahead of this hub's")
        refused(json.dumps(batch("cellar", [1])).encode()[:-9], 400, "no JSON")
        refused(gzip.compress(b"{}")[:-3], 400, "no JSON")
        status, problem = send(hub, "/api/v1/uplink/hello", hello("cellar"), other)
        assert status == 403 and "cannot speak for cellar" in problem["detail"]
        # Small on the way, large when unpacked.
        request = urllib.request.Request(hub.address + "/api/v1/uplink/readings", gzip.compress(b" " * (3 << 20)),
                                         {"Content-Encoding": "gzip", "Authorization": f"Bearer {token}"}, method="POST")
        with pytest.raises(urllib.error.HTTPError) as bomb:
            urllib.request.urlopen(request, timeout=30)
        assert bomb.value.code == 413
        # Two machines that both call themselves cellar.
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1]), token)[0] == 200
        assert send(hub, "/api/v1/uplink/readings", batch("cellar", [1], stream="2a"), token)[0] == 200
        refused(batch("cellar", [2]), 409, "two nodes send as cellar")
        assert nodes(hub)["cellar"]["problem"]
        assert command("node", "revoke", "attic", "--data", folder / "data").returncode == 0
        hub.wait_until("the token counts no more",
                       lambda: send(hub, "/api/v1/uplink/hello", hello("attic"), other)[0] == 401)
        assert len(stored(hub)) == 2 and not stored(hub, "attic")


def test_push_of_older_nodes(tmp_path: Path) -> None:
    """Where the configuration wants no token of them."""
    reading = {"sensor_id": "attic:dht22", "timestamp_ms": int(time.time() * 1000), "data": {"temperature": 19.5}}
    with Harvester(folder_of(tmp_path, "open"), hub_config(push_without_token=True)) as hub:
        assert send(hub, "/push", [reading])[0] == 200
        shown = {each["sensor_id"]: each for each in hub.get_json("/api/readings")["readings"]}
        assert shown["attic:dht22"]["data"] == {"temperature": 19.5}
        hub.wait_until("it is stored", lambda: len(stored(hub, "attic")) == 1)
        assert send(hub, "/push", [{**reading, "data": 3}])[0] == 400
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
    ("hub.local", "expected http:// or https://"),
    ("http://h#node=a", "token: expected"),
    ("http://h#token=x", "node: expected"),
    ("http://h#node=a&token=x&pin=abc", "pin: expected"),
    ("http://h#node=a&token=x&more=1", "unknown part: more=1"),
])
def test_a_bad_invitation(tmp_path: Path, line: str, why: str) -> None:
    """What is wrong with it is said."""
    done = command("node", "join", line, "--data", tmp_path)
    assert done.returncode == 1 and why.replace("http:// or https://", "http://… or https://…") in done.stderr
