"""50 sensors with 500 entities over MQTT: how soon a reading comes, how many a second, memory, a start of Home Assistant.

A real mosquitto and mosquitto_sub on the same machine. "Latency" is from the plugin's poll(), which puts the time into its
readings, to the moment at which mosquitto_sub has the message. "The history" is what the node has stored while the broker was
away: it waits for an acknowledgement of each. The memory is the broker process's own, compared with a node without MQTT.
"""
import collections
import json
import subprocess
import sys
import threading
import time

from events import anonymous_bytes
from node import ROOT, Node
from report import Bench, Figure

sys.path.append(str(ROOT / "tests" / "support"))
# pylint: disable=wrong-import-position
from mosquitto import Mosquitto  # noqa: E402

PLUGIN = ROOT / "bench" / "plugins" / "entities.py"
DEVICES = 51  # of 50 sensors and of the node
SPAN_SECONDS = 20.0
AWAY_SECONDS = 15.0
SETTINGS = '[mqtt]\nurl = "{url}"\nhistory = {history}\n[history]\ncommit_seconds = 0.2\n'


class Subscriber:
    """Counts the messages on some topics, and keeps when each state came and when it was sent."""

    def __init__(self, port: int, topic: str) -> None:
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-q", "1", "-t", topic, "-F", "%U\t%p"],
                                        stdout=subprocess.PIPE, text=True)
        self.messages: collections.deque[tuple[float, float]] = collections.deque()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            came, _, payload = line.partition("\t")
            self.messages.append((float(came), json.loads(payload)["sent"]))

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def counters(node: Node) -> dict[str, int]:
    """What the node has counted."""
    return dict(node.get("/api/v1/mqtt")["counters"])


def wait_for_devices(node: Node) -> None:
    """Until Home Assistant could know all of them, and nothing more waits."""
    node.wait_for("devices", lambda: counters(node)["devices"] == DEVICES)


class Run:
    """One run's figures."""

    def __init__(self, bench: Bench, number: int) -> None:
        seconds = 5.0 if bench.quick else SPAN_SECONDS
        with Mosquitto(bench.folder / f"broker-{number}") as broker:
            self.measure_states(bench, broker, seconds)
            self.measure_history(bench, broker)
        with Node(bench, {"entities": PLUGIN}, 1.0) as node:
            node.wait_for_polls(10)
            self.memory_mb -= anonymous_bytes(node.process.pid) / 1e6

    def measure_states(self, bench: Bench, broker: Mosquitto, seconds: float) -> None:
        """Latency and memory at one poll a second, then a start of Home Assistant, then as fast as it polls."""
        settings = SETTINGS.format(url=broker.url, history="false")
        with Node(bench, {"entities": PLUGIN}, 1.0, settings) as node, \
                Subscriber(broker.port, "harvester/bench/sensors/+/state") as subscriber:
            wait_for_devices(node)
            subscriber.messages.clear()
            time.sleep(seconds)
            late = sorted(1000 * (came - sent) for came, sent in list(subscriber.messages))
            self.p50, self.p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
            self.memory_mb = anonymous_bytes(node.process.pid) / 1e6
            before = counters(node)["discovery_messages"]
            broker.publish("homeassistant/status", "online")
            node.wait_for("answer to the birth", lambda: counters(node)["discovery_messages"] >= before + DEVICES)
            time.sleep(2)
            self.births = counters(node)["discovery_messages"] - before
        with Node(bench, {"entities": PLUGIN}, 0.02, settings) as node, \
                Subscriber(broker.port, "harvester/bench/sensors/+/state") as subscriber:
            wait_for_devices(node)
            count = len(subscriber.messages)
            time.sleep(seconds)
            self.states = (len(subscriber.messages) - count) / seconds

    def measure_history(self, bench: Bench, broker: Mosquitto) -> None:
        """The broker comes back after a while, and the plugin has ended."""
        settings = SETTINGS.format(url=broker.url, history="true")
        with Node(bench, {"entities": PLUGIN}, 0.1, settings) as node:
            wait_for_devices(node)
            broker.kill()
            time.sleep(AWAY_SECONDS)
            (node.plugins / "entities.py").unlink()
            old = counters(node)["history_sent"]
            broker.start()
            node.wait_for("history", lambda: counters(node)["history_sent"] > old)
            before, began = counters(node)["history_sent"], time.monotonic()
            last, ended = before, began
            while time.monotonic() < ended + 2:
                sent = counters(node)["history_sent"]
                if sent > last:
                    last, ended = sent, time.monotonic()
                time.sleep(0.02)
            self.history = (last - before) / max(ended - began, 0.001)


FIGURES = (("latency, p50", "ms", "p50", {}),
           ("latency, p99", "ms", "p99", {}),
           ("states that came, polls every 20 ms", "a second", "states", {}),
           ("the history after the broker was away", "readings a second", "history", {}),
           ("memory of MQTT", "MB", "memory_mb", {}),
           ("messages at a start of Home Assistant", "messages", "births", {"target": float(DEVICES)}))


def measure(bench: Bench) -> list[Figure]:
    """Every figure."""
    runs = [Run(bench, number) for number in range(bench.runs(3))]
    return [Figure(name, unit, [getattr(run, field) for run in runs], **more) for name, unit, field, more in FIGURES]
