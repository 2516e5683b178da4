"""A node that is flooded, and who must not notice: its honest plugins, its clients, and the hub that it is a spoke of."""
import contextlib
import json
import random
import re
import shutil
import time
from pathlib import Path
from typing import Any, Iterator

import wasm
from browser import Browser
from clients import Poller, Watcher
from flood import Flood, read_honest
from node import PATIENCE, ROOT, Harvester, command, simulated
from placing import put, put_single, take_away

NODE = "cellar"
QUICK = {"commit_seconds": 0.3}
NO_OUTPUTS = {"leds": {"count": 0, "gpio_pin": -1}, "buzzer": {"gpio_pin": -1}, "fan": {"gpio_pin": -1}}
# What the flood `alerts` lets fire; nobody listens at that port.
ALERTS = """
[alerting]
allowed_hosts = ["127.0.0.1"]
[[notify]]
name = "nobody"
kind = "ntfy"
url = "http://127.0.0.1:9/"
topic = "flood"
[[alert]]
name = "flooded"
sensor = "flood-alerts-*"
field = "value"
above = 50
notify = ["nobody"]
"""
LOOK_SECONDS = 0.05
OTHER = ROOT / "bench" / "plugins" / "beat.py"  # as many as --beside says
OTHER_GRANT = "poll_interval_seconds = 5\n"
EDITED = "VERSION = %d\n"
# What a card or a row of `plugin list` says of a plugin besides its troubles.
NO_WORDS = {"name", "kind", "state", "granted", "asked", "asks_for", "request", "functions"}


def words_of(value: Any) -> Iterator[str]:
    """All texts within a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from words_of(item)


class Home:
    """A hub, its spoke with honest plugins, and the spoke's clients."""

    def __init__(self, folder: Path, flood: Flood, count: int, seed: int, others: int = 0) -> None:
        self.folder, self.flood, self.chance = folder, flood, random.Random(seed)
        self.count, self.others = count, [f"other-{i}" for i in range(others)]
        self.honest = ["honest", "display", *([flood.beside] if flood.beside else [])]
        self.intervals = {name: read_honest(name).interval_beside(count) for name in self.honest}
        self.longest_interval = max(self.intervals.values())
        self.stack = contextlib.ExitStack()
        self.plugins = folder / NODE / "plugins"
        self.plugins.mkdir(parents=True)
        self.browser: Browser | None = None
        for name in self.honest:
            self.place_honest(name, name)
        for name in self.others:
            put_single(self.plugins, f"{name}.py", OTHER.read_text(), OTHER_GRANT)
        if flood.late == "edit":
            (self.plugins / "latecomer" / "part").mkdir(parents=True)
            (self.plugins / "latecomer" / "part" / "__init__.py").write_text(EDITED % 1)
            put(self.plugins / "latecomer" / "plugin.py",
                "import part\n\ndef poll():\n    return {'count': part.VERSION - 1}\n")
        if flood.resource == "page":
            shutil.copytree(ROOT / "plugins" / "dashboard", self.plugins / "dashboard",
                            ignore=shutil.ignore_patterns("__pycache__"))
        self.keep = {path.name for path in self.plugins.iterdir()}
        self.config = simulated({
            "cluster": {"node_id": NODE}, "history": QUICK, "polling": {"interval_seconds": 0.5, "deadline_seconds": 10},
            **{f"plugins.{name}": {"interval_seconds": seconds} for name, seconds in self.intervals.items()},
            "hardware": {"devices": ["ds18b20", "mcp3008", "pms5003"], "seed": seed}})
        if flood.resource == "alerts":
            self.config += ALERTS

    def place_honest(self, name: str, source: str) -> None:
        """One of the honest plugins, by a name."""
        honest = read_honest(source)
        put_single(self.plugins, f"{name}.py", honest.source, honest.grant)

    def __enter__(self) -> "Home":
        with contextlib.ExitStack() as stack:
            there, here = self.folder / "hub", self.folder / NODE
            there.mkdir()
            self.hub = stack.enter_context(Harvester(there, simulated({
                "cluster": {"node_id": "hub", "role": "hub"}, "history": QUICK, **NO_OUTPUTS})))
            invited = command("node", "invite", NODE, "--url", self.hub.address, "--data", there / "data", "--json")
            assert invited.returncode == 0, invited.stderr
            joined = command("node", "join", json.loads(invited.stdout)["invitation"], "--data", here / "data")
            assert joined.returncode == 0, joined.stderr
            self.node = stack.enter_context(Harvester(here, self.config, self.plugins))
            for name in self.honest:
                self.node.wait_for_value(name)
            self.node.wait_until("the others have polled", self.others_have_polled, PATIENCE + len(self.others))
            self.hub.wait_until("the hub has the first readings", lambda: all(map(self.on_hub, self.honest)))
            self.poller = stack.enter_context(Poller(self.node.address))
            self.watcher = stack.enter_context(Watcher(self.node.address, self.honest))
            if self.flood.resource == "page":
                self.open_page(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.__exit__(*exception)

    def others_have_polled(self) -> bool:
        """Each of them once."""
        plugins = self.node.all_plugins()
        return all(plugins.get(name, {}).get("polls", 0) > 0 for name in self.others)

    def open_page(self, stack: contextlib.ExitStack) -> None:
        """In Chromium, until it shows the honest plugin's card."""
        self.browser = Browser("desktop", self.folder / "profile")
        stack.callback(self.browser.quit)
        self.node.wait_until("the page is the plugin's", lambda: b"built-in" not in self.node.get("/"))
        self.browser.open(self.node.address)
        self.browser.card("honest")

    # Floods

    def let_in(self) -> None:
        """All floods, in a random order; until each has started, or the node has said why not."""
        names = self.flood.names(self.count)
        self.chance.shuffle(names)
        waiting = {"stopped", "starting"} | ({"preparing"} if self.flood.resource != "compile" else set())
        for name in names:
            self.flood.place(self.plugins, name, self.chance)
        self.node.wait_until("each flood has begun", lambda: all(
            plugins.get(name, {}).get("state", "stopped") not in waiting
            for plugins in [self.node.all_plugins()] for name in names), seconds=2 * PATIENCE)

    def let_latecomer_in(self) -> None:
        """What joins later has its place too."""
        if self.flood.late == "edit":
            put(self.plugins / "latecomer" / "part" / "__init__.py", EDITED % 2)
        elif self.flood.late == "component":
            put(self.plugins / "latecomer.wasm", wasm.component(1))
        else:
            self.place_honest("latecomer", "honest")

    def has_latecomer(self) -> bool:
        """It has given a reading of its own."""
        data = self.node.data("latecomer")
        return (data.get("count") or data.get("value") or 0) > 0

    def take_floods_away(self) -> None:
        """And the latecomer."""
        take_away(self.plugins, self.keep)

    # What is seen from outside

    def plugin_counts(self) -> dict[str, dict[str, Any]]:
        """What the node counts of each honest plugin."""
        plugins = self.node.all_plugins()
        return {name: plugins[name] for name in self.honest}

    def stored(self, node: Harvester, sensor: str, since_ms: int = 0) -> dict[int, int]:
        """The numbers of a sensor's readings in a node's history, with their times in Unix ms."""
        found = node.get_json(f"/api/v1/history?node={NODE}&sensor={sensor}&resolution=raw&limit=10000&from={since_ms}")
        return {int(reading["data"]["count"]): reading["timestamp_ms"] for reading in found["readings"]
                if reading["data"].get("count") is not None}

    def on_hub(self, sensor: str) -> dict[int, int]:
        """The same on the hub."""
        return self.stored(self.hub, sensor)

    def bytes_written(self) -> int:
        """To the disk, by the node's broker."""
        text = Path(f"/proc/{self.node.process.pid}/io").read_text()
        match = re.search(r"^write_bytes: (\d+)", text, re.MULTILINE)
        assert match
        return int(match[1])

    def in_metrics(self, sensor: str) -> bool:
        """Whether a scrape shows the sensor's count."""
        return bool(re.search(rf'^harvester_reading_value\{{(?=[^}}]*sensor="{sensor}")(?=[^}}]*field="count")',
                              self.node.get("/metrics").decode(), re.MULTILINE))

    def page_took_ms(self) -> float:
        """How long the page, if one is open, takes for a script that does nothing."""
        began = time.monotonic()
        if self.browser:
            self.browser.script("return 1")
        return (time.monotonic() - began) * 1000

    def page_shows(self) -> int:
        """The count on the honest plugin's card."""
        assert self.browser
        return int(self.browser.script(
            "return [...document.querySelectorAll('article')].find(a => a.querySelector('h2, h3')?.textContent === 'honest')"
            "?.querySelector('dd')?.textContent ?? '0'"))

    def where_named(self) -> str:
        """Where the node names a flood as the reason, and the words; "" if nowhere."""
        names = set(self.flood.names(self.count))
        for plugin in self.node.get_json("/api/v1/plugins"):
            texts = words_of({key: value for key, value in plugin.items() if key not in NO_WORDS})
            if plugin["name"] in names and (said := self._matching(texts)):
                return f"card: {said}"
        for reading in self.node.get_json("/api/v1/readings")["readings"]:
            if reading["plugin"] in names and reading["error"] and (said := self._matching([reading["error"]])):
                return f"sensor: {said}"
        if said := self._matching(self.listed(names)):
            return f"list: {said}"
        for line in self.node.get_json("/api/v1/logs?limit=1000")["logs"]:
            text = f"{line['source']}: {line['text']}"
            is_hosts = line["level"] in ("warning", "error") or line["text"].startswith("compil")
            if is_hosts and any(name in text for name in names) and (said := self._matching([line["text"]])):
                return f"log: {said}"
        return ""

    def listed(self, names: set[str]) -> list[str]:
        """The lines of `plugin list` below the rows of these plugins."""
        lines, is_theirs = [], False
        for line in command("plugin", "list", "--data", self.folder / NODE / "data").stdout.splitlines():
            if not line.startswith(" "):
                is_theirs = line.split(" ", 1)[0] in names
            elif is_theirs:
                lines.append(line.strip())
        return lines

    def _matching(self, texts: Any) -> str:
        """The first text that gives the reason; a plugin's own name is none."""
        return next((text for text in texts if re.search(self.flood.named, re.sub(r"flood-[a-z0-9-]+", "", text))), "")[:160]
