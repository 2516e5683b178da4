"""Whether a process's memory levels off while one kind of call is made again and again.

A sample is (calls so far, private bytes). What counts is the slope over the second half of them:
the first half fills caches, and copies pages of the image that a guest shares until it writes to
them (docs/MEMORY.md).
"""
import http.client
import math
import re
import socket
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator

from node import Harvester

Sample = tuple[int, int]

# A tenth of a byte a call: a call a second grows by 3 MB in a year.
LEVEL_PER_1000 = 100.0
# Memory comes in pages, and a page that is written to late is no leak: less than this in the second
# half is beyond what a run can tell. So a short run has a higher bound.
RESOLUTION = 32 * 1024
SAMPLES_MIN = 40
ROUTES = Path(__file__).resolve().parents[2] / "src" / "http" / "routes.c"


def private_bytes(pid: int) -> int:
    """What belongs to this process alone and has been written."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Private_Dirty: +(\d+) kB$", text, re.MULTILINE)
    assert found, text
    return int(found[1]) * 1024


@dataclass
class Growth:
    """Bytes per 1,000 calls with the half width of a 95 % confidence interval."""

    slope: float
    margin: float
    samples: list[Sample]
    bound: float

    @property
    def is_level(self) -> bool:
        """Even the upper end of the interval is below the bound."""
        return self.slope + self.margin < self.bound


def growth(samples: list[Sample]) -> Growth:
    """A line through the second half, by least squares."""
    half = samples[len(samples) // 2:]
    count = len(half)
    assert count > 2, f"{len(samples)} samples say nothing"
    x_mean = sum(x for x, _ in half) / count
    y_mean = sum(y for _, y in half) / count
    spread = sum((x - x_mean) ** 2 for x, _ in half)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in half) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in half)
    margin = 1.96 * math.sqrt(rest / (count - 2) / spread)
    bound = max(LEVEL_PER_1000, 1000 * RESOLUTION / (half[-1][0] - half[0][0]))
    return Growth(1000 * slope, 1000 * margin, samples, bound)


# What plugins do

@dataclass(frozen=True)
class Work:
    """A plugin that makes one kind of call, `per_poll` times in a poll."""

    body: str
    per_poll: int = 1
    permission: str = ""
    counter: str = "polls"  # what the node counts of it
    least: int = 0  # calls before it is settled: the more objects, the more pages are written to

    def count(self, plugin: dict[str, int]) -> int:
        """The calls that were made so far."""
        return plugin[self.counter] * self.per_poll

    def write(self, folder: Path, name: str) -> None:
        """Put it into the folder of plugins."""
        (folder / f"{name}.py").write_text(self.body.replace("COUNT", str(self.per_poll)))
        (folder / f"{name}.permission.toml").write_text(
            f"host_calls_per_poll = 100000\n{self.permission}\n")


def calls(call: str, per_poll: int = 200, permission: str = "") -> Work:
    """A host call over and over; what it raises does not matter here."""
    return Work("from wit_world.imports import (buzzer_controller, fan_controller, gpio,\n"
                "    gpio_provider, i2c, led_controller, log, one_wire, settings, spi, state,\n"
                "    system_info, uart)\n\n"
                "def poll():\n    for number in range(COUNT):\n"
                f"        try:\n            {call}\n        except Exception:\n            pass\n",
                per_poll, permission)


def polls(result: str, before: str = "", least: int = 0) -> Work:
    """A result of a poll over and over."""
    return Work(f"number = 0\n\ndef poll():\n    global number\n    number += 1\n{before}"
                f"    return {result}\n", least=least)


# The node counts no update() and no render(), but their host calls.
TICK = "from wit_world.imports.gpio_provider import get_timestamp_ms as tick\n\n"
I2C = "allow_i2c = [0x23, 0x3c]\nshare_i2c = [0x23, 0x3c]"
GPIO = "allow_gpio = [22]\nshare_gpio = [22]"
WORKS: dict[str, Work] = {
    "poll-one": polls('{"value": number * 1.37}'),
    "poll-nothing": polls("None"),
    "poll-hundred": polls('[{"sensor_id": f"s{i}", "value": number * 1.37 + i}'
                          " for i in range(100)]", least=20_000),
    "poll-text": polls('{"text": "x" * (number % 2000)}'),
    "poll-nested": polls('{"a": {"b": [number, 1.5, "text", None, True]}}'),
    "poll-refused": polls('{"value": object()}'),
    "poll-raises": polls("None", '    raise ValueError(f"failure {number}")\n'),
    "poll-prints": polls("None", '    print("line", number)\n'),
    "poll-logs": polls("None", '    import logging\n    logging.warning("line %d", number)\n'),
    "timestamp": calls("gpio_provider.get_timestamp_ms()"),
    "cpu-temperature": calls("gpio_provider.get_cpu_temp()"),
    "dht22-denied": calls("gpio_provider.read_dht22(9)"),
    "bme680-denied": calls("gpio_provider.read_bme680(0x77)"),
    "cpu-usage": calls("system_info.get_cpu_usage()"),
    "memory-usage": calls("system_info.get_memory_usage()"),
    "uptime": calls("system_info.get_uptime()"),
    "settings": calls("settings.get_all()"),
    "leds": calls("led_controller.set_led(1, number & 255, 2, 3)", 200, "allow_leds = true"),
    "buzzer": calls("buzzer_controller.beep(1, 1, 1)", 200, "allow_buzzer = true"),
    "fan": calls("fan_controller.set_fan(True); fan_controller.get_fan_state()", 200,
                 "allow_fan = true"),
    "i2c-read": calls('i2c.write_read(1, 0x23, b"", 2)', 50, I2C),
    "i2c-write": calls('i2c.write_read(1, 0x3c, b"\\0\\xe3", 0)', 50, I2C),
    "i2c-picture": calls('i2c.write_read(1, 0x3c, b"\\x40" * 129, 0)', 10, I2C),
    "i2c-text-write": calls('i2c.transfer(0x23, "01", 0)', 50, I2C),
    "i2c-text-read": calls('i2c.transfer(0x23, "", 2)', 50, I2C),
    "i2c-denied": calls('i2c.write_read(1, 0x50, b"\\0", 1)'),
    "i2c-nobody": calls('i2c.write_read(1, 0x51, b"\\0", 1)', 50, "allow_i2c = [0x51]"),
    "gpio-read": calls("gpio.read(22)", 100, GPIO),
    "gpio-edges": calls("gpio.capture_edges(22, 0, 1)", 100, GPIO),
    "gpio-denied": calls("gpio.write(5, True)"),
    "spi-bytes": calls("spi.transfer(bytes(250))", 50, "allow_spi = true"),
    "spi-denied": calls("spi.transfer(bytes(250))"),
    "uart-write": calls("uart.write(bytes(32))", 50, "allow_uart = true"),
    "uart-read": calls("uart.read(32)", 50, "allow_uart = true"),
    "one-wire-devices": calls("one_wire.devices()", 50),
    "state-get": calls('state.get("a")'),
    "state-keys": calls("state.keys()"),
    "state-set": calls('state.set("a", bytes(1000))'),
    "state-set-large": calls('state.set("a", bytes(16384))', 20),
    "state-delete": calls('state.delete("a")'),
    "state-refused": calls('state.set("", b"1")'),
    "log-line": calls('log.write(log.Level.INFO, "a line")'),
    "wrong-argument": calls('i2c.transfer(256, "", 1)'),
    "show": Work(f"import json\n{TICK}def update(state):\n    json.loads(state)\n    tick()\n",
                 counter="host_calls"),
    "page": Work(f"{TICK}def render(state):\n    tick()\n    return '<p>' + state[:1000]\n",
                 counter="host_calls"),
}


# What clients do

def get_routes() -> list[str]:
    """Every GET route that answers at once."""
    routes = re.findall(r'^\t\{"GET", "([^"]+)"', ROUTES.read_text(), re.MULTILINE)
    routes = [route.replace("{node}", "self").replace("{name}", "none") for route in routes
              if not route.endswith(("/events", "/commands"))]
    assert len(routes) > 20, routes
    return routes


def get_each(node: Harvester, paths: Iterable[str]) -> Iterator[int]:
    """Over one connection; the number of requests so far."""
    where = urllib.parse.urlsplit(node.address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        for count, path in enumerate(paths, 1):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.will_close:
                connection.close()
            yield count
    finally:
        connection.close()


def watch_and_leave(node: Harvester) -> None:
    """One client of the events, gone as soon as it was told something. The node takes a limited
    number at once, and learns that one left when it writes to it next.
    """
    where = urllib.parse.urlsplit(node.address)

    def watch() -> bool:
        with socket.create_connection((where.hostname, where.port), 30) as client:
            client.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                status = client.recv(4096)[:12]
            except ConnectionResetError:  # of all connections there is a limited number too
                return False
        assert status in (b"", b"HTTP/1.1 200", b"HTTP/1.1 503"), status
        return status.endswith(b"200")
    node.wait_until("the node takes one client more", watch)


def sample_while(counts: Iterator[int], pid: int, total: int, wanted: int = 80) -> list[Sample]:
    """Samples of a process spread over `total` counts."""
    step = max(1, total // wanted)
    return [(count, private_bytes(pid)) for count in counts if count % step == 0]


# What a running node does

def sample_plugins(node: Harvester, works: dict[str, Work], wanted: dict[str, int],
                   pause: Callable[[], bool]) -> dict[str, list[Sample]]:
    """Samples of each plugin until all have made as many calls as wanted, and as many samples as
    an interval needs (a fast kind makes its calls in less time than a few samples take), or until
    pause() is false.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    while True:
        plugins = node.all_plugins()
        for name, work in works.items():
            count = work.count(plugins[name])
            if not samples[name] or samples[name][-1][0] < count:
                samples[name].append((count, private_bytes(plugins[name]["pid"])))
        if all(found[-1][0] >= wanted[name] and len(found) >= SAMPLES_MIN
               for name, found in samples.items()):
            return samples
        if not pause():
            return samples
