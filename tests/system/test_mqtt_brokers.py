"""What others make of the node's broker: access lists, a second node with its client id, a gigabyte of rubbish, names
that are no names, and commands that nobody allowed."""
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from mosquitto import PATIENCE, Listener, Mosquitto, retained, wait_until
from node import COUNTER, Harvester, simulated

Start = Callable[..., Harvester]

COMMANDS = {
    "buzzer": {"pattern": "single"},
    "fan": {},
    "leds": {"color": "#ff8800", "seconds": 1},
    "reload": {"plugin": "steps"},
    "approve": {"plugin": "steps", "digest": "0"},
}
RUBBISH = 64  # messages of 16 MiB: 1 GiB


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets everybody in."""
    with Mosquitto(tmp_path / "broker") as mosquitto:
        yield mosquitto


def settings(broker: Mosquitto, **keys: Any) -> dict[str, dict[str, Any]]:
    """Sections of the configuration."""
    return {"mqtt": {"url": broker.url, **keys}, "history": {"commit_seconds": 0.1}}


@pytest.mark.parametrize("allowed", [None, *COMMANDS])
def test_each_command_is_off_unless_it_is_allowed(start: Start, plugins: Path, broker: Mosquitto,
                                                  allowed: str | None) -> None:
    """Of all five, the one that is allowed is answered; the node listens to no other."""
    (plugins / "steps.py").write_text(COUNTER)
    node = start(settings(broker, **({f"allow_{allowed}": True} if allowed else {})))
    node.wait_for_log("info mqtt: connected")
    node.wait_until("the plugin is there", lambda: node.data("steps"))
    with Listener(broker.port, "harvester/test/answer") as listener:
        wait_until("the listener is there", lambda: "harvester/test/answer" in broker.log())
        for name, body in COMMANDS.items():
            broker.publish(f"harvester/test/command/{name}", json.dumps(body), "-q", "1")
        if allowed:
            assert listener.json("harvester/test/answer")["command"] == allowed
            # Whatever else was to be answered has been answered before this.
            broker.publish(f"harvester/test/command/{allowed}", "[]")
            wait_until("the second answer comes", lambda: len(listener.payloads("harvester/test/answer")) > 1)
        answers = [json.loads(text)["command"] for text in listener.payloads("harvester/test/answer")]
    assert answers == ([allowed] * 2 if allowed else [])
    assert node.get_json("/api/v1/mqtt")["counters"]["commands"] == len(answers)
    subscribed = set(re.findall(r"harvester/test/command/(\w+) \(QoS", broker.log()))
    assert subscribed == ({allowed} if allowed else set())


def test_an_access_list(start: Start, plugins: Path, tmp_path: Path) -> None:
    """What the broker lets the node publish arrives, also if it refuses the rest; strangers give no commands."""
    (plugins / "steps.py").write_text(COUNTER)
    for name in ("node", "owner", "guest"):
        subprocess.run(["mosquitto_passwd", "-b", *([] if name != "node" else ["-c"]), tmp_path / "passwords", name, name],
                       check=True, timeout=PATIENCE)
    (tmp_path / "secret").write_text("node\n")
    (tmp_path / "acl").write_text(
        "user node\ntopic write harvester/test/availability\ntopic write harvester/test/sensors/+/state\n"
        "topic write harvester/test/answer\ntopic read harvester/test/command/#\n"
        "user owner\ntopic readwrite #\nuser guest\ntopic read #\n")
    for name in ("passwords", "acl"):
        (tmp_path / name).chmod(0o644)
    with Mosquitto(tmp_path / "broker", f"password_file {tmp_path}/passwords\nacl_file {tmp_path}/acl") as broker:
        node = start(settings(broker, username="node", password_file="secret", history=True, allow_fan=True))
        node.wait_for_log("info mqtt: connected")
        with Listener(broker.port, "harvester/#", "homeassistant/#", options=("-u", "owner", "-P", "owner")) as listener:
            assert listener.json("harvester/test/sensors/steps/state", lambda state: state["count"] > 20)
            for user in ("guest", "owner"):
                broker.publish("harvester/test/command/fan", json.dumps({"id": user}), "-u", user, "-P", user, "-q", "1")
            assert listener.json("harvester/test/answer")["id"] == "owner"
            topics = {topic for topic, _, _ in list(listener.messages)}
        assert topics == {"harvester/test/availability", "harvester/test/sensors/steps/state", "harvester/test/answer",
                          "harvester/test/command/fan"}
        shown = node.get_json("/api/v1/mqtt")
        assert shown["state"] == "online" and shown["counters"]["failed"] == 0 and shown["counters"]["denied"] > 20
        found = node.log("warning mqtt: the broker refuses messages of this node \\(Not authorized\\), which are lost: let its "
                         "user write to harvester/# and homeassistant/device/# in the broker's access list$")
        assert len(found) == 1


def test_two_nodes_with_one_client_id(start: Start, broker: Mosquitto, tmp_path: Path) -> None:
    """Both say so, and what to do; each goes on polling."""
    first = start(settings(broker, client_id="twin"))
    first.wait_for_log("info mqtt: connected")
    words = "another client connected with the client id \"twin\".*give this node another client_id under \\[mqtt\\]"
    config = simulated({"cluster": {"node_id": "second"}, "mqtt": {"url": broker.url, "client_id": "twin"}})
    with Harvester(tmp_path / "second", config) as second:
        first.wait_for_log(words)
        second.wait_for_log(words)


def memory_kib(node: Harvester) -> int:
    """The most that the node's own process had."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def test_a_gigabyte_of_others(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """Retained rubbish beside the node's topics, and where Home Assistant looks, costs the node neither memory nor time."""
    (plugins / "steps.py").write_text(COUNTER)
    big = broker.folder / "big"
    big.write_bytes(b"x" * (16 << 20))
    for number in range(RUBBISH):
        topic = ("rubbish/%d", "harvester/test/%d", "homeassistant/device/%d/config", "harvester/test/sensors/%d/state")
        subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-t", topic[number % 4] % number, "-r", "-q", "1", "-f",
                        str(big)], check=True, timeout=PATIENCE)
    node = start(settings(broker, allow_fan=True, history=True))
    node.wait_for_log("info mqtt: connected")
    with Listener(broker.port, "harvester/test/sensors/steps/+", "harvester/test/answer") as listener:
        assert listener.json("harvester/test/sensors/steps/state", lambda state: state["count"] > 20)
        listener.wait("harvester/test/sensors/steps/history")
        broker.publish("harvester/test/command/fan", "{}")
        listener.wait("harvester/test/answer")
    assert memory_kib(node) < 200 << 10
    assert node.get_json("/api/v1/mqtt")["counters"]["received"] == 1


def test_each_sensor_has_one_topic_whatever_its_name(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """Wildcards, levels and NULs, in names of sensors and fields: a name that the node takes is one level, and no other
    topic appears."""
    names = ["+", "#", "a/b", "$SYS", "a\0b", "a%b", "ü 😀", "..", "\x7f", "a" * 64]
    for number, name in enumerate(names):
        (plugins / f"p{number}.py").write_text(f"def poll():\n    return {{'sensor_id': {name!r}, {name!r}: 1.5}}\n")
    node = start(settings(broker))
    node.wait_until("all were polled", lambda: all(plugin.get("polls", 0) > 1 or plugin.get("failures", 0) > 1
                                                   for plugin in node.all_plugins().values())
                    and len(node.all_plugins()) == len(names))
    sensors = node.readings()
    prefix = "harvester/test/sensors/"
    topics = wait_until("each sensor has a state", lambda: (found := {
        topic for topic in retained(broker.port, "harvester/#") if topic.startswith(prefix)}) and
        len(found) >= len(sensors) and found)
    assert len(topics) == len(sensors) > 3
    assert all(re.fullmatch(r"[A-Za-z0-9_.%-]+/state", topic.removeprefix(prefix)) for topic in topics), topics
