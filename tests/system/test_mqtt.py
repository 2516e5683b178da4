"""MQTT of the real node, against a real mosquitto: states, availability, history, Home Assistant's
discovery, commands; over restarts, and with names, brokers and messages that mean harm."""
import fcntl
import json
import socket
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from homeassistant_schema import check
from mosquitto import PATIENCE, Listener, Mosquitto, free_port, retained, wait_until
from node import COUNTER, Harvester, command
from test_install import Author

PLUGIN = """
polls = 0

def poll():
    global polls
    polls += 1
    if polls > GOOD_POLLS:
        raise RuntimeError("the wire is broken")
    return {"sensor_id": "oven", "temperature": 21.5, "open": True, "mode": "grill"}

def describe():
    return [{"field": "temperature", "unit": "°C", "quantity": "temperature", "kind": "measurement",
             "decimals": 1},
            {"field": "open", "quantity": "door", "kind": "switch"}]
""".replace("GOOD_POLLS", "1000000")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets everybody in, and keeps retained messages in memory only."""
    with Mosquitto(tmp_path / "broker") as mosquitto:
        yield mosquitto


Start = Callable[..., Harvester]


def settings(broker: Mosquitto, **keys: Any) -> dict[str, dict[str, Any]]:
    """Sections of the configuration."""
    return {"mqtt": {"url": broker.url, **keys}, "history": {"commit_seconds": 0.1}}


def test_states_are_retained_and_say_nothing_that_failed(start: Start, plugins: Path,
                                                         broker: Mosquitto) -> None:
    """A reading is one retained JSON; a failed one has no value; the end of the node is seen."""
    (plugins / "oven.py").write_text(PLUGIN.replace("1000000", "20"))
    with Listener(broker.port, "harvester/#") as listener:
        node = start(settings(broker))
        good = listener.json("harvester/test/sensors/oven/state")
        assert (good["temperature"], good["open"], good["mode"]) == (21.5, True, "grill")
        assert good["timestamp_ms"] > 1_600_000_000_000
        assert listener.last("harvester/test/availability") == "online"
        failed = listener.json("harvester/test/sensors/oven/state", lambda state: "error" in state)
        assert "the wire is broken" in failed["error"]
        assert not {"temperature", "open", "mode"} & set(failed)
        assert "error" in json.loads(retained(broker.port)["harvester/test/sensors/oven/state"])
        node.stop()
        wait_until("it says that it is offline",
                   lambda: listener.last("harvester/test/availability") == "offline")


def test_a_killed_node_is_offline_by_its_last_will(start: Start, broker: Mosquitto) -> None:
    """Nobody is left to say it, so the broker does."""
    node = start(settings(broker))
    with Listener(broker.port, "harvester/test/availability") as listener:
        listener.wait("harvester/test/availability", lambda text: text == "online")
        node.process.kill()
        listener.wait("harvester/test/availability", lambda text: text == "offline")
        node.process.wait()


def test_everything_is_there_again_after_the_broker_lost_it(start: Start, plugins: Path,
                                                            broker: Mosquitto) -> None:
    """A broker without memory is told all of it again when it is back."""
    (plugins / "oven.py").write_text(PLUGIN)
    node = start(settings(broker))
    with Listener(broker.port, "homeassistant/#") as listener:
        listener.wait("homeassistant/device/harvester_test_oven/config")
    broker.kill()
    node.wait_for_log("warning mqtt: offline, trying again")
    broker.start()
    node.wait_for_log("info mqtt: connected", after=len(node.lines))
    with Listener(broker.port, "homeassistant/#", "harvester/#") as listener:
        listener.wait("homeassistant/device/harvester_test_oven/config")
        listener.wait("harvester/test/sensors/oven/state")
        listener.wait("harvester/test/availability", lambda text: text == "online")


def test_the_history_comes_whole_and_in_order_over_kills_of_the_broker(
        start: Start, plugins: Path, broker: Mosquitto) -> None:
    """Between two kills there is no gap, and nothing is out of order; see tools/soak-mqtt for more."""
    (plugins / "steps.py").write_text(COUNTER)
    node = start(settings(broker, history=True))
    topic, seen = "harvester/test/sensors/steps/history", []
    for _ in range(3):
        with Listener(broker.port, topic) as listener:
            wait_until("readings come", lambda box=listener: len(box.payloads(topic)) > 10)
            broker.kill()
            seen.append([json.loads(text) for text in listener.payloads(topic)])
        broker.start()
    assert node.get_json("/api/v1/mqtt")["counters"]["history_skipped"] == 0
    for part in seen:
        counts = [reading["count"] for reading in part]
        assert counts == list(range(counts[0], counts[0] + len(counts))), "a gap, or out of order"


def test_discovery_fits_the_schema(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """One message for a device, with classes, units and names from what plugins and owners say."""
    (plugins / "oven.py").write_text(PLUGIN)
    start({**settings(broker, allow_buzzer=True, allow_fan=True, allow_leds=True),
           "sensors.oven": {"name": "Backofen", "room": "Küche"}})
    with Listener(broker.port, "homeassistant/#") as listener:
        topic = "homeassistant/device/harvester_test_oven/config"
        config = listener.json(topic, lambda found: len(found["cmps"]) == 3)
        node = listener.json("homeassistant/device/harvester_test/config",
                             lambda found: "plugins_oven" in found["cmps"])
    check(topic, config)
    check("homeassistant/device/harvester_test/config", node)
    assert config["dev"]["name"] == "Backofen" and config["dev"]["sa"] == "Küche"
    assert config["dev"]["via_device"] == "harvester_test"
    temperature = config["cmps"]["temperature"]
    assert temperature["device_class"] == "temperature"
    assert temperature["unit_of_measurement"] == "°C"
    assert temperature["state_class"] == "measurement"
    assert temperature["suggested_display_precision"] == 1
    assert temperature["unique_id"] == "harvester_test_oven_temperature"
    assert temperature["default_entity_id"] == "sensor.test_oven_temperature"
    assert config["cmps"]["open"]["p"] == "binary_sensor"
    assert config["cmps"]["open"]["device_class"] == "door"
    # A field that is called like its quantity gets the name that Home Assistant has for that.
    assert "name" not in temperature and config["cmps"]["open"]["name"] == "Open"
    assert "state_class" not in config["cmps"]["mode"]
    assert {"uptime", "memory", "load", "plugins_oven", "buzzer", "fan", "leds"} <= set(node["cmps"])


@pytest.mark.parametrize("allow_approve", [False, True])
def test_a_version_that_waits_is_an_update(start: Start, plugins: Path, broker: Mosquitto, tmp_path: Path,
                                           allow_approve: bool) -> None:
    """Home Assistant learns both versions and what the new one requests, and may install it if the owner allows that."""
    author = Author(tmp_path / "author")
    node = start({**settings(broker, allow_approve=allow_approve), "permissions": {"auto_approve": False},
                  "updates": {"trusted_keys": [author.key.text()], "probation_polls": 2}})
    for counter, permission in ((1, ""), (2, "allow_gpio = [5]\n")):
        done = command("plugin", "install", author.bundle(counter, permission), "--plugins", plugins)
        assert done.returncode == 0, done.stderr
        if counter == 1:
            node.wait_for_log("lamp: version 1.0 has passed its probation")
    topic = "homeassistant/device/harvester_test/config"
    with Listener(broker.port, topic, "harvester/test/state") as listener:
        def update(state: dict[str, Any]) -> Any:
            return state.get("updates", {}).get("lamp")

        state = listener.json("harvester/test/state", lambda state: (update(state) or {}).get("release_summary"))
        assert update(state) == {"installed_version": "1.0", "latest_version": "2.0",
                                 "release_summary": "requests GPIO5"}
        digest = node.get_json("/api/v1/plugins")[0]["bundle"]["waiting"]["request_digest"]
        config = listener.json(topic, lambda config: "updates_lamp" in config["cmps"]
                               and (not allow_approve or digest in config["cmps"]["updates_lamp"]["payload_install"]))
        check(topic, config)
        component = config["cmps"]["updates_lamp"]
        assert ("command_topic" in component) == allow_approve
        if not allow_approve:
            return
        broker.publish(component["command_topic"], component["payload_install"])
        done = listener.json("harvester/test/state", lambda state: (update(state) or {}).get("installed_version") == "2.0")
        assert update(done)["latest_version"] == "2.0"


def test_a_birth_message_brings_each_device_once(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """When Home Assistant starts it gets one message a device, and the states."""
    (plugins / "oven.py").write_text(PLUGIN)
    start(settings(broker))
    topic = "homeassistant/device/harvester_test_oven/config"
    with Listener(broker.port, "homeassistant/#", "harvester/#") as listener:
        listener.wait(topic)
        wait_until("it is quiet", lambda: listener.last("harvester/test/sensors/oven/state"))
        before = len(listener.payloads(topic))
        for _ in range(3):  # several in a row are one
            broker.publish("homeassistant/status", "online")
        wait_until("it comes again", lambda: len(listener.payloads(topic)) > before)
        assert len(listener.payloads(topic)) == before + 1


def test_names_that_mean_harm(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """Wildcards, separators, quotes and templates in the names of fields stay names; sensors whose
    names differ in one sign are two.
    """
    fields = ["a/b", "+", "#", "x'] }}{{ 1/0 }}", "ü€😀", "$SYS", "%2f", "a b", '"', "\\"]
    sensors = ["a_b", "a-b", "a.b", "a:b"]
    (plugins / "evil.py").write_text(
        f"FIELDS = {fields!r}\nSENSORS = {sensors!r}\n\ndef poll():\n"
        "    return [{'sensor_id': name, **{field: 1.5 for field in FIELDS}} for name in SENSORS]\n")
    start(settings(broker))
    with Listener(broker.port, "harvester/test/sensors/+/state", "homeassistant/device/+/config") as listener:
        def topics(part: str) -> set[str]:
            return {topic for topic, _, _ in list(listener.messages) if part in topic}

        wait_until("all states are there", lambda: len(topics("/sensors/")) == len(sensors))
        wait_until("all devices are there", lambda: len(topics("device/harvester_test_")) == len(sensors))
        for topic, _, payload in list(listener.messages):
            if "device/harvester_test_" not in topic:
                continue
            config = json.loads(payload)
            check(topic, config)
            assert len(config["cmps"]) == len(fields)
            for component in config["cmps"].values():
                assert "1/0" not in component["value_template"]
                assert component["value_template"].count("'") == 2, component["value_template"]


def test_commands_are_off_by_default(start: Start, broker: Mosquitto) -> None:
    """The node does not even subscribe to what is not allowed."""
    node = start(settings(broker, allow_fan=True))
    node.wait_for_log("info mqtt: connected")
    with Listener(broker.port, "harvester/test/answer") as listener:
        wait_until("the listener is there", lambda: "harvester/test/answer" in broker.log())
        broker.publish("harvester/test/command/buzzer", '{"pattern": "single"}')
        broker.publish("harvester/test/command/fan", '{"id": "1"}')
        answer = listener.json("harvester/test/answer")
    assert answer == {"command": "fan", "ok": True, "id": "1"}
    assert node.get_json("/api/v1/mqtt")["counters"]["commands"] == 1


def test_commands_are_checked_and_answered(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """As a request of the API is: what is wrong gets an error, what is right is done."""
    (plugins / "oven.py").write_text(PLUGIN)
    node = start(settings(broker, allow_buzzer=True, allow_leds=True, allow_reload=True, allow_approve=True))
    node.wait_for_log("info mqtt: connected")
    cases = [
        ("buzzer", '{"pattern": "single"}', ""),
        ("buzzer", '{"pattern": "loud"}', "pattern: expected"),
        ("buzzer", "[1]", "a JSON object"),
        ("buzzer", "{" * 1000, "a JSON object"),
        ("leds", '{"color": "#ff8800", "seconds": 1}', ""),
        ("leds", '{"color": "orange", "seconds": 1}', "color: expected"),
        ("leds", '{"color": "#ff8800", "seconds": 99999}', "seconds: expected"),
        ("reload", '{"plugin": "oven"}', ""),
        ("reload", '{"plugin": "../etc"}', "plugin"),
        ("approve", '{"plugin": "oven", "digest": "0"}', ""),
    ]
    for number, (name, payload, problem) in enumerate(cases):
        with Listener(broker.port, "harvester/test/answer") as listener:
            wait_until("the listener is there", lambda n=number: broker.log().count("harvester/test/answer (QoS") > n
                       or broker.log().count("\tharvester/test/answer") > n)
            broker.publish(f"harvester/test/command/{name}", payload)
            answer = listener.json("harvester/test/answer")
        assert answer["command"] == name
        if name != "approve":
            assert answer["ok"] == (not problem), answer
            assert problem in answer.get("error", ""), answer


def test_retained_and_huge_commands_are_dropped(start: Start, broker: Mosquitto) -> None:
    """A command that waited in the broker is old; one of megabytes is none; neither costs memory."""
    broker.publish("harvester/test/command/buzzer", '{"pattern": "single"}', "-r")
    big = broker.folder / "big"
    big.write_bytes(b"x" * 5_000_000)
    subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-t", "harvester/test/command/leds", "-r",
                    "-f", str(big)], check=True, timeout=PATIENCE)
    node = start(settings(broker, allow_buzzer=True, allow_leds=True, allow_fan=True))
    node.wait_for_log("info mqtt: connected")
    for _ in range(3):
        subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-t", "harvester/test/command/leds",
                        "-f", str(big)], check=True, timeout=PATIENCE)
    with Listener(broker.port, "harvester/test/answer") as listener:
        wait_until("the listener is there", lambda: "harvester/test/answer" in broker.log())
        broker.publish("harvester/test/command/fan", "{}")
        listener.wait("harvester/test/answer")
    counters = node.get_json("/api/v1/mqtt")["counters"]
    assert counters["commands"] == 1


class Silent:
    """A broker that accepts everybody and acknowledges nothing."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """For [mqtt]."""
        return f"mqtt://127.0.0.1:{self.listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self._swallow, args=(client,), daemon=True).start()

    @staticmethod
    def _swallow(client: socket.socket) -> None:
        if client.recv(65536):
            client.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK of MQTT 5: accepted
        while client.recv(65536):
            pass


def test_a_broker_that_never_acknowledges_is_left(start: Start, plugins: Path) -> None:
    """The node says so, goes on polling, stops in time, and has lost nothing of the history."""
    (plugins / "steps.py").write_text(COUNTER)
    silent = Silent()
    node = start({"mqtt": {"url": silent.url, "history": True}, "history": {"commit_seconds": 0.1}})
    node.wait_for_log("has acknowledged nothing for 20 s", seconds=60)
    node.wait_until("it tries again", lambda: silent.connections > 1)
    assert node.get_json("/api/v1/mqtt")["counters"]["history_sent"] == 0


class Old(Silent):
    """A broker that knows MQTT 3.1.1 alone, and passes on a message of 200 MB that somebody has published, in pieces, as a
    network brings it. (The library reads on as long as there is something, so of a broker that is always faster than
    the node it would take the whole.)
    """

    sent = 0
    subscriptions = 0

    def _swallow(self, client: socket.socket) -> None:
        hello = client.recv(65536)
        if hello[8] != 4:  # the version
            client.sendall(b"\x20\x02\x00\x01")
            client.close()
            return
        client.sendall(b"\x20\x02\x00\x00")
        topic = b"harvester/test/command/fan"
        head = b"\x30\x80\x84\xaf\x5f" + len(topic).to_bytes(2, "big") + topic
        try:
            while data := client.recv(65536):
                if b"command/fan" not in data:
                    continue
                self.subscriptions += 1
                client.sendall(head)
                while self.sent < 200_000_000:
                    self.sent += client.send(b"x" * 65536)
                    while struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, b"0000"))[0]:
                        time.sleep(0.001)  # until all of it has arrived
        except OSError:
            pass  # the node has had enough


def test_a_message_without_end_ends_the_connection(start: Start) -> None:
    """Nothing keeps an old broker from passing it on, so the node leaves it, and then listens to no commands."""
    old = Old()
    node = start({"mqtt": {"url": old.url, "allow_fan": True}})
    node.wait_for_log("warning mqtt: offline.*a message above 65536 bytes came in")
    connected = len(node.log("info mqtt: connected"))
    node.wait_until("it is connected again", lambda: len(node.log("info mqtt: connected")) > connected)
    assert old.sent < 100_000_000 and old.subscriptions == 1
    shown = node.get_json("/api/v1/mqtt")
    assert shown["counters"]["oversized"] == 1 and shown["protocol"] == "3.1.1"
    assert b"harvester_mqtt_oversized_total 1" in node.get("/metrics")


def test_two_nodes_with_one_client_id_are_said(start: Start, broker: Mosquitto, tmp_path: Path) -> None:
    """The broker keeps one of the two, and the log says why, and what to do."""
    node = start(settings(broker, client_id="twin"))
    node.wait_for_log("info mqtt: connected")
    with Listener(broker.port, "x", options=("-i", "twin", "-V", "mqttv5")):
        node.wait_for_log("another client connected with the client id \"twin\".*give this node another")


def test_passwords_and_tls(start: Start, tmp_path: Path, plugins: Path) -> None:
    """A right password gets in; a certificate of a stranger does not."""
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost"]
    for name in ("own", "other"):
        subprocess.run([*make, "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"],
                       check=True, capture_output=True, timeout=PATIENCE)
    subprocess.run(["mosquitto_passwd", "-b", "-c", tmp_path / "passwords", "me", "secret"], check=True,
                   timeout=PATIENCE)
    for file in tmp_path.iterdir():
        if file.is_file():
            file.chmod(0o644)
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    with Mosquitto(tmp_path / "broker", f"password_file {tmp_path}/passwords\nallow_anonymous false",
                   f"certfile {tmp_path}/own.pem\nkeyfile {tmp_path}/own.key") as broker:
        keys = {"url": f"mqtts://localhost:{broker.port}", "username": "me",
                "password_file": str(tmp_path / "secret"), "tls_ca": str(tmp_path / "own.pem")}
        (plugins / "oven.py").write_text(PLUGIN)
        node = start({"mqtt": keys})
        node.wait_for_log("info mqtt: connected")
        node.stop()
        node = start({"mqtt": {**keys, "tls_ca": str(tmp_path / "other.pem")}})
        node.wait_for_log("warning mqtt: .*TLS handshake failed")
        node.stop()
        node = start({"mqtt": {**keys, "password_file": str(tmp_path / "wrong")}})
        node.wait_for_log("warning mqtt: .*refused the connection")
        assert "guess" not in node.text()
        node.stop()
        node = start({"mqtt": {**keys, "url": f"mqtts://127.0.0.1:{broker.port}"}})
        node.wait_for_log("warning mqtt: .*TLS handshake failed")


def test_a_dead_broker_delays_neither_start_nor_stop(start: Start) -> None:
    """Nobody listens there."""
    node = start({"mqtt": {"url": f"mqtt://127.0.0.1:{free_port()}"}})
    node.wait_for_log("warning mqtt: offline, trying again")
    node.stop(seconds=10)


def test_status_and_metrics(start: Start, plugins: Path, broker: Mosquitto, tmp_path: Path) -> None:
    """What can be seen from outside."""
    (plugins / "oven.py").write_text(PLUGIN)
    node = start(settings(broker))
    node.wait_for_log("info mqtt: connected")
    shown = node.get_json("/api/v1/mqtt")
    assert shown["state"] == "online" and shown["protocol"] == "5"
    assert "harvester_mqtt_up 1" in node.get("/metrics").decode()
    done = command("mqtt", "status", "--data", tmp_path / "data")
    assert done.returncode == 0 and "online, MQTT 5" in done.stdout, done
    told = json.loads(command("mqtt", "status", "--data", tmp_path / "data", "--json").stdout)
    assert told["client_id"] == "harvester-test"
