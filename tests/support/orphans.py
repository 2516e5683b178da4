"""A node, a broker and a model of Home Assistant, which come and go at random while plugins are added, renamed, changed
and removed: in the end Home Assistant has to know what the node has, and nothing else.

The model keeps two rules of Home Assistant that make orphans: its registry remembers what was ever discovered, and it
forgets an entity only if that was discovered since its start and is then taken away.
"""
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from homeassistant_schema import TOPIC
from mosquitto import Listener, Mosquitto, retained, wait_until
from node import Harvester, simulated

NAMES = [f"p{number}" for number in range(6)]
FIELDS = "abcd"
VALUES = {"1.5": "sensor", "True": "binary_sensor"}
MARKER = "test/marker"
PAUSES = (0.0, 0.1, 0.5, 2.5)  # seconds between two steps; the node looks at its sensors each 2 s

Entity = tuple[str, str]  # the platform and the unique id


class Home:
    """Home Assistant. Not while the broker is away: start(), stop()."""

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker
        self.registry: set[Entity] = set()  # on its disk
        # Since its start, by topic, platform and key: on another platform it is another entity.
        self.discovered: dict[str, dict[Entity, Entity]] = {}
        self.listener: Listener | None = None
        self.marks = 0

    def start(self) -> None:
        """It finds what is retained, then says that it is there."""
        self.discovered = {}
        self.connect()

    def connect(self) -> None:
        """As it does also when the broker is back."""
        self.listener = Listener(self.broker.port, "homeassistant/device/+/config", MARKER)
        wait_until("Home Assistant listens", self._is_heard)
        self.broker.publish("homeassistant/status", "online")

    def _is_heard(self) -> bool:
        assert self.listener
        self.broker.publish(MARKER, "")
        return bool(self.listener.payloads(MARKER))

    def stop(self) -> None:
        """It says so, and has read what came before that: an acknowledgement that the node gets earlier is not in vain."""
        assert self.listener
        self.broker.publish("homeassistant/status", "offline", "-q", "1")
        self.marks += 1
        self.broker.publish(MARKER, str(self.marks), "-q", "1")
        self.listener.wait(MARKER, lambda text: text == str(self.marks))
        self.disconnect()

    def disconnect(self) -> None:
        """All that came is read."""
        assert self.listener
        self.listener.__exit__()
        self.listener.thread.join()
        self.read()
        self.listener = None

    def read(self) -> None:
        """Take what has come since the last time."""
        assert self.listener
        count = len(self.listener.messages)
        for topic, _, payload in self.listener.messages[:count]:
            if topic != MARKER:
                self._take(topic, payload)
        del self.listener.messages[:count]

    def _take(self, topic: str, payload: str) -> None:
        assert TOPIC.match(topic), topic
        if not payload:
            self.registry -= set(self.discovered.pop(topic, {}).values())
            return
        config = json.loads(payload)
        known = self.discovered.setdefault(topic, {})
        for key, component in config["cmps"].items():
            name = (component["p"], key)
            if len(component) == 1:
                self.registry.discard(known.pop(name, ("", "")))
            else:
                known[name] = (component["p"], component["unique_id"])
                self.registry.add(known[name])

    def plugins(self) -> set[Entity]:
        """What it knows of plugins and their sensors."""
        self.read()
        return {entity for entity in self.registry if "_plugins_" in entity[1] or entity[1].split("_")[2] in NAMES}


class World:
    """Everything, and what the node has: {plugin: {field: value}}."""

    def __init__(self, folder: Path, broker: Mosquitto, chance: random.Random) -> None:
        self.folder, self.broker, self.chance = folder, broker, chance
        self.plugins: dict[str, dict[str, str]] = {}
        # A field that a running plugin lost is gone after ten minutes only, so fields grow until the node restarts.
        self.grown: dict[str, set[str]] = {}
        self.home = Home(broker)
        self.node: Harvester | None = None
        self.counts: Counter[str] = Counter()
        self.has_broker = True
        self.was_home = False  # when the broker went
        (folder / "plugins").mkdir()

    def __enter__(self) -> "World":
        self.start_node()
        self.home.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        if self.home.listener:
            self.home.listener.__exit__()
        if self.node:
            self.node.__exit__(*exception)

    def start_node(self) -> None:
        """With the plugins that are there."""
        self.grown = {name: set(fields) for name, fields in self.plugins.items()}
        config = simulated({"mqtt": {"url": self.broker.url}, "polling": {"interval_seconds": 0.5},
                            "logging": {"show_sensor_data": False}})
        self.node = Harvester(self.folder, config).__enter__()  # pylint: disable=unnecessary-dunder-call

    # Steps

    def _write(self, name: str, at_least: set[str]) -> None:
        fields = at_least | set(self.chance.sample(FIELDS, self.chance.randint(1, len(FIELDS))))
        fields |= self.grown.get(name, set())
        self.plugins[name] = {field: self.chance.choice(list(VALUES)) for field in sorted(fields)}
        self.grown[name] = fields
        data = ", ".join(f'"{field}": {value}' for field, value in self.plugins[name].items())
        (self.folder / "plugins" / f"{name}.py").write_text(f"def poll():\n    return {{{data}}}\n")

    def _remove(self, name: str) -> None:
        del self.plugins[name]
        (self.folder / "plugins" / f"{name}.py").unlink()

    def add(self) -> None:
        """A plugin, or more fields and other kinds of values of one."""
        self._write(self.chance.choice(NAMES), set())

    def remove(self) -> None:
        """A plugin, if there is one."""
        if self.plugins:
            self._remove(self.chance.choice(sorted(self.plugins)))

    def rename(self) -> None:
        """A plugin, and so its sensor; it may replace another."""
        if self.plugins:
            self._remove(self.chance.choice(sorted(self.plugins)))
            self._write(self.chance.choice(NAMES), set())

    def restart_node(self) -> None:
        """Killed or stopped; meanwhile plugins may come and go."""
        assert self.node
        if self.chance.random() < 0.5:
            self.node.process.kill()
            self.node.process.wait()
        else:
            self.node.stop()
        self.node, self.grown = None, {}
        for _ in range(self.chance.randint(0, 2)):
            self.chance.choice((self.add, self.remove, self.rename))()
        self.start_node()

    def toggle_home(self) -> None:
        """Home Assistant stops or starts."""
        if not self.has_broker:
            return
        if self.home.listener:
            self.home.stop()
        else:
            self.home.start()

    def toggle_broker(self) -> None:
        """The broker dies with all that it retained, or is back."""
        if not self.has_broker:
            self.start_broker()
            return
        self.broker.kill()
        self.has_broker, self.was_home = False, self.home.listener is not None
        if self.was_home:
            self.home.disconnect()

    def start_broker(self) -> None:
        """Home Assistant connects again, if it ran."""
        self.broker.start()
        self.has_broker = True
        if self.was_home:
            self.home.connect()

    def step(self) -> None:
        """One of all these."""
        steps = (self.add, self.remove, self.rename, self.restart_node, self.toggle_home, self.toggle_broker)
        which = self.chance.choices(steps, (30, 15, 20, 8, 15, 12))[0]
        self.counts[which.__name__] += 1
        which()
        time.sleep(self.chance.choice(PAUSES))

    # The end

    def expected(self) -> set[Entity]:
        """What Home Assistant has to know of plugins and their sensors."""
        return {("binary_sensor", f"harvester_test_plugins_{name}") for name in self.plugins} | {
            (VALUES[value], f"harvester_test_{name}_{field}")
            for name, fields in self.plugins.items() for field, value in fields.items()}

    def states(self) -> set[str]:
        """The sensors that have a state in the broker."""
        return {topic.split("/")[3] for topic in retained(self.broker.port, "harvester/test/sensors/+/state")}

    def settle(self) -> None:
        """Everybody is there; after a while, what one knows is what the other has, and no state is left over."""
        if not self.has_broker:
            self.start_broker()
        if not self.home.listener:
            self.home.start()
        try:
            wait_until("all is known", lambda: self.home.plugins() == self.expected(), 120)
        except AssertionError as error:
            known, expected = self.home.plugins(), self.expected()
            raise AssertionError(f"after {dict(self.counts)}: left over {sorted(known - expected)}, "
                                 f"missing {sorted(expected - known)}") from error
        wait_until("each sensor has a state, and nothing else", lambda: self.states() == set(self.plugins), 120)
