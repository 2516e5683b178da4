"""A node at ten times the demonstration's rate, with all that happens to one in years: new versions of plugins, versions that fail,
killed guests, new configurations, faults of its devices, clients that come and go, alerts that fire and end.

At the end no reading may be missing in the history, the alerts have to have been told, and what the broker holds, memory and
descriptors, has to be level. tools/soak runs it for hours, tests/system/test_soak.py for less than a minute.
"""
import collections
import dataclasses
import json
import os
import random
import shutil
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import growth
from node import COUNTER, ROOT, Harvester, command, is_alive, simulated

INTERVAL_SECONDS = 0.2  # a tenth of the demonstration's
STEP_SECONDS = 0.5
SAMPLE_SECONDS = 1.0
SAMPLES_A_LINE = 60  # of progress
WARM_SECONDS = 20.0  # until the caches are full
DESCRIPTORS_MORE = 8  # of clients that are just there
FAULTS = """
[[hardware.faults]]
device = "dht22"
kind = "checksum"
start_seconds = 3
duration_seconds = 1
every_seconds = 7

[[hardware.faults]]
device = "bme680"
kind = "no-acknowledge"
start_seconds = 5
duration_seconds = 1
every_seconds = 11
"""
ALERT = """
[alerting]
allowed_hosts = ["127.0.0.1"]

[[notify]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{port}/"
secret_file = "{secret}"

[[alert]]
name = "wave-high"
sensor = "wave"
field = "height"
above = 1
notify = ["hook"]
"""
WAVE = """
count = 0

def poll():
    global count
    count += 1
    return {"height": 2 * (count // 20 % 2)}
"""
CHANGING = 'def poll():\n    return {{"version": {}}}\n'
BROKEN = ("def poll():\n    raise RuntimeError('broken')\n", "import os\nos._exit(3)\n", "def poll(:\n", "poll = 3\n")


class Told(ThreadingHTTPServer):
    """A service that accepts every notice."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Accept)
        self.count = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Accept(BaseHTTPRequestHandler):
    """One notice."""

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Say nothing."""

    def do_POST(self) -> None:
        """Count it."""
        assert isinstance(self.server, Told)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.count += 1
        self.send_response(200)
        self.end_headers()


@dataclasses.dataclass
class Life:
    """What happened, and what was there at the end."""

    seconds: float
    done: collections.Counter[str]
    notices: int
    refused: int  # configurations that the node did not take
    polls: int  # of the plugin that counts
    lost: int  # of its readings
    memory: growth.Growth  # of the broker, by the polls of all plugins
    descriptors: tuple[int, int]  # the fewest of the first and of the last third

    @property
    def problems(self) -> list[str]:
        """What is not as it has to be; the memory is for the caller to judge."""
        found = [f"{self.lost} readings lost of {self.polls}"] if self.lost or not self.polls else []
        if self.descriptors[1] > self.descriptors[0] + DESCRIPTORS_MORE:
            found.append(f"descriptors grew from {self.descriptors[0]} to {self.descriptors[1]}")
        if self.refused:
            found.append(f"{self.refused} configurations were refused")
        return found + ([] if self.notices else ["no alert was told"])

    def text(self) -> str:
        """For people."""
        done = ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))
        memory = self.memory
        return (f"{self.seconds:.0f} s: {done}, {self.notices} notices; {self.polls} readings of the plugin that counts, "
                f"{self.lost} lost; descriptors {self.descriptors[0]} at first, {self.descriptors[1]} at last; "
                f"broker {memory.samples[0][1] // 1024} kB at first, {memory.samples[-1][1] // 1024} kB at last, "
                f"{memory.slope:.1f} ± {memory.margin:.1f} bytes per 1,000 polls (bound {memory.bound:.0f})")


class Owner:
    """Does to a node what people do; what comes next is drawn from the seed."""

    def __init__(self, node: Harvester, config: Path, seed: int) -> None:
        self.node, self.config, self.random = node, config, random.Random(seed)
        self.version = 0
        self.done: collections.Counter[str] = collections.Counter()

    def act(self) -> None:
        """One thing."""
        kinds = [self.reload, self.configure, self.spoil, self.kill, self.look, self.watch]
        kind = self.random.choice(kinds)
        kind()
        self.done[(kind.__doc__ or "").rstrip(".")] += 1

    def write(self, name: str, text: str) -> None:
        """A file of the plugins' folder, as an editor does."""
        new = self.node.plugins / f".{name}.new"
        new.write_text(text)
        os.replace(new, self.node.plugins / name)

    def reload(self) -> None:
        """new versions."""
        self.version += 1
        self.write("changing.py", CHANGING.format(self.version))

    def spoil(self) -> None:
        """versions that fail."""
        self.write("spoilt.py", self.random.choice(BROKEN))

    def kill(self) -> None:
        """killed guests."""
        pid = self.node.plugin("changing").get("pid")
        if pid and is_alive(pid):
            os.kill(pid, signal.SIGKILL)
        self.reload()  # so that it is not stopped for its deaths

    def configure(self) -> None:
        """configurations read again."""
        text = self.config.read_text().partition("[sensors.counter]")[0]
        new = self.config.with_suffix(".new")
        new.write_text(f'{text}[sensors.counter]\nname = "number {self.random.randrange(1000)}"\n')
        os.replace(new, self.config)
        self.node.process.send_signal(signal.SIGHUP)

    def look(self) -> None:
        """rounds of requests."""
        for _ in growth.get_each(self.node, growth.get_routes()):
            pass

    def watch(self) -> None:
        """clients of the events."""
        growth.watch_and_leave(self.node)


def write_home(folder: Path, port: int) -> str:
    """The plugins; returns the configuration."""
    plugins = folder / "plugins"
    plugins.mkdir(parents=True)
    for name in ("dht22", "bme680", "bh1750", "pi4-monitor", "dashboard"):
        shutil.copytree(ROOT / "plugins" / name, plugins / name, ignore=shutil.ignore_patterns("__pycache__"))
    (plugins / "counter.py").write_text(COUNTER)
    (plugins / "wave.py").write_text(WAVE)
    (plugins / "changing.py").write_text(CHANGING.format(0))
    secret = folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    return simulated({"polling": {"interval_seconds": INTERVAL_SECONDS, "deadline_seconds": 30},
                      "logging": {"show_sensor_data": False}, "history": {"commit_seconds": 1, "max_mb": 256}}) + \
        FAULTS + ALERT.format(port=port, secret=secret)


def missing(folder: Path) -> tuple[int, int]:
    """How many readings the plugin that counts has in the history, and how many between its first and last are not there."""
    done = command("history", "export", "--data", folder / "data", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    counts = {int(reading["data"]["count"]) for reading in readings if reading["sensor_id"].endswith(":counter")}
    return len(counts), max(counts) - len(counts) if counts else 0


def live(folder: Path, seed: int, seconds: float) -> Life:
    """So long a life in that folder."""
    told = Told()
    config = write_home(folder, told.server_address[1])
    samples: list[growth.Sample] = []
    descriptors: list[int] = []
    with Harvester(folder, config) as node:
        owner = Owner(node, folder / "config.toml", seed)
        began, sampled = time.monotonic(), 0.0
        polls: dict[str, int] = {}
        while (now := time.monotonic()) < began + seconds:
            owner.act()
            if now >= max(sampled + SAMPLE_SECONDS, began + min(WARM_SECONDS, seconds / 3)):
                polls |= {name: max(plugin.get("polls", 0), polls.get(name, 0)) for name, plugin in node.all_plugins().items()}
                sampled = now
                samples.append((sum(polls.values()), growth.private_bytes(node.process.pid)))
                descriptors.append(len(os.listdir(f"/proc/{node.process.pid}/fd")))
                if len(samples) % SAMPLES_A_LINE == 0:
                    print(f"{now - began:.0f} s: {samples[-1][0]} polls, {samples[-1][1] // 1024} kB, {descriptors[-1]} descriptors",
                          flush=True)
            time.sleep(STEP_SECONDS * owner.random.random())
        counted = node.plugin("counter")["polls"]
        history = node.get_json("/api/v1/history/status")
        node.wait_until("its last readings are stored", lambda: node.get_json("/api/v1/history/status")["committed"] >=
                        history["committed"] + history["pending"])
    told.shutdown()
    stored, lost = missing(folder)
    third = len(descriptors) // 3
    refused = len(node.log("error broker: reload: .* keeps the old configuration"))
    return Life(seconds, owner.done, told.count, refused, stored, lost + max(0, counted - stored), growth.growth(samples),
                (min(descriptors[:third]), min(descriptors[-third:])))
