"""Random SIGKILLs of a node's guests: any plugin, at any moment, several at once, the template."""
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Callable, Iterator

import wasm
from node import COUNTER, PATIENCE, Harvester, is_alive, simulated

# Five deaths in a row quarantine a plugin; so many that come before its first poll leave it well.
EARLY_MAX = 2
DELAY_SECONDS = 0.15  # after its first poll, a bit more than the interval
EARLY_SHARE, SEVERAL_SHARE, TEMPLATE_SHARE = 0.15, 0.1, 0.05

CONFIG = simulated({"logging": {"level": "debug"}, "polling": {"deadline_seconds": 20}})
LINE = re.compile(r"^(\S+Z) (\w+) ([^ :]+): (.*)$")
PAUSE = re.compile(r"starts again in (\d+) s$")


def put_plugins(folder: Path) -> None:
    """Six: files, a folder with a package, and components."""
    for name in ("one", "two", "three"):
        (folder / f"{name}.py").write_text(COUNTER)
    (folder / "four" / "lib" / "package").mkdir(parents=True)
    (folder / "four" / "plugin.py").write_text("from package import poll\n")
    (folder / "four" / "lib" / "package" / "__init__.py").write_text(COUNTER)
    for number, name in enumerate(("five", "six")):
        (folder / f"{name}.wasm").write_bytes(wasm.component(number))


def is_template(pid: int) -> bool:
    """By its command line, which those that it has forked share."""
    try:
        return b"template" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False  # gone


@dataclass
class Result:
    """What was done, and how long it took until the killed one had polled again."""

    kills: int = 0
    early: int = 0  # of those, before its first poll
    at_once: int = 0  # groups of several
    templates: int = 0
    seconds: list[float] = field(default_factory=list)  # from the kill, its pause included
    beyond_pause: list[float] = field(default_factory=list)  # the same without the pause

    def add(self, other: "Result") -> None:
        """The sum."""
        self.kills += other.kills
        self.early += other.early
        self.at_once += other.at_once
        self.templates += other.templates
        self.seconds += other.seconds
        self.beyond_pause += other.beyond_pause

    def text(self) -> str:
        """For people."""
        def spread(values: list[float]) -> str:
            ordered = sorted(values)
            return " ".join(f"{name} {1000 * ordered[int(share * (len(ordered) - 1))]:.0f} ms"
                            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1)))
        return (f"{self.kills} kills ({self.early} before the first poll, {self.at_once} times "
                f"several at once), {self.templates} of the template; kill to next poll: "
                f"{spread(self.seconds)}; without the pause: {spread(self.beyond_pause)}")


@dataclass
class Victim:
    """One plugin, as the log tells it."""

    name: str
    polls: bool = False  # in this life
    due: float | None = None  # when it is to be killed
    is_early: bool = False  # it is to be killed before it polls
    early_in_a_row: int = 0
    killed: float | None = None  # when it was, until it polls again
    pause: float = 0


def torment(folder: Path, seed: int, kills: int) -> Result:
    """A node of its own in that folder; its plugins suffer so many kills."""
    plugins = folder / "plugins"
    plugins.mkdir(parents=True)
    put_plugins(plugins)
    with Harvester(folder, CONFIG, plugins) as harvester:
        return Killer(harvester, seed).run(kills)


class Killer:
    """Kills guests of one node. Which and when is drawn from the seed; that the node's own timing
    has a part in it cannot be helped.
    """

    def __init__(self, harvester: Harvester, seed: int) -> None:
        self.harvester = harvester
        self.random = random.Random(seed)
        self.result = Result()
        self.victims = {name: Victim(name) for name in harvester.all_plugins()}
        self.seen = 0

    def run(self, kills: int) -> Result:
        """So many, and then every plugin polls on."""
        self._wait(kills, lambda: self.result.kills >= kills)
        for victim in self.victims.values():
            victim.due, victim.is_early = None, False
        self._wait(kills, lambda: all(victim.polls for victim in self.victims.values()))
        self._judge()
        return self.result

    def _wait(self, kills: int, is_done: Callable[[], bool]) -> None:
        progress = time.monotonic(), -1
        while not is_done():
            for line in self._news():
                self._take(line, may_kill=self.result.kills < kills)
            self._kill_due()
            if self.result.kills != progress[1]:
                progress = time.monotonic(), self.result.kills
            assert time.monotonic() < progress[0] + PATIENCE, self._tail("nothing happens any more")

    def _tail(self, what: str) -> str:
        return self.harvester.tail(f"{what}: {self.victims}")

    def _news(self) -> Iterator[re.Match[str]]:
        """What was logged since; waits a moment for it."""
        with self.harvester.news:
            if len(self.harvester.lines) == self.seen:
                self.harvester.news.wait(self._pause())
            lines = self.harvester.lines[self.seen:]
            self.seen += len(lines)
        assert not self.harvester.has_ended, self._tail("the broker ended")
        yield from (match for line in lines if (match := LINE.match(line)))

    def _pause(self) -> float:
        """Until the next one is due."""
        now = time.monotonic()
        return max(0.0, min([v.due - now for v in self.victims.values() if v.due is not None]
                            + [0.1]))

    # What the log says of a plugin

    def _take(self, line: re.Match[str], may_kill: bool) -> None:
        level, text = line[2], line[4]
        victim = self.victims.get(line[3])
        assert "stays off" not in text, self._tail("an innocent plugin was quarantined")
        assert "which is a bug" not in text, self._tail(text)
        if not victim:
            return
        if pause := PAUSE.search(text):
            victim.polls, victim.due = False, None
            victim.pause += float(pause[1])
            victim.is_early = (may_kill and victim.early_in_a_row < EARLY_MAX
                               and self.random.random() < EARLY_SHARE)
        elif level == "debug" and text.endswith(" -> starting") and victim.is_early:
            victim.is_early = False
            self._kill([victim])
        elif level == "info" and re.match(r"(count|value) \d", text) and not victim.polls:
            self._take_first_poll(victim, line[1], may_kill)

    def _take_first_poll(self, victim: Victim, stamp: str, may_kill: bool) -> None:
        at = datetime.fromisoformat(stamp).timestamp()
        if victim.killed is not None:
            if at < victim.killed or not victim.pause:
                return  # it was said before
            self.result.seconds.append(at - victim.killed)
            self.result.beyond_pause.append(at - victim.killed - victim.pause)
        victim.polls, victim.killed, victim.pause, victim.early_in_a_row = True, None, 0, 0
        if may_kill:
            victim.due = time.monotonic() + self.random.uniform(0, DELAY_SECONDS)

    # The kills

    def _kill_due(self) -> None:
        now = time.monotonic()
        due = [v for v in self.victims.values() if v.due is not None and v.due <= now]
        if not due:
            return
        if self.random.random() < SEVERAL_SHARE:
            due = [victim for victim in self.victims.values() if victim.polls]
            self.result.at_once += len(due) > 1
        self._kill(due)
        if self.random.random() < TEMPLATE_SHARE:
            self._kill_template()

    def _kill(self, victims: list[Victim]) -> None:
        plugins = self.harvester.all_plugins()
        for victim in victims:
            pid = plugins[victim.name]["pid"]
            victim.due = None
            if not pid:
                continue  # it has not been forked yet
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # the template was killed, and it with that
            victim.killed = victim.killed or time.time()
            if not victim.polls:
                victim.early_in_a_row += 1
                self.result.early += 1
            victim.polls = False
            self.result.kills += 1

    def _kill_template(self) -> None:
        """The one that is no plugin's, if there is just one such."""
        plugins = {plugin["pid"] for plugin in self.harvester.all_plugins().values()}
        others = {pid for pid in self.harvester.processes() - plugins if is_template(pid)}
        if len(others) == 1:
            os.kill(others.pop(), signal.SIGKILL)
            self.result.templates += 1

    # The end

    def _judge(self) -> None:
        """All are well, and nothing is left of those that were killed."""
        polls = {name: plugin["polls"] for name, plugin in self.harvester.all_plugins().items()}
        self.harvester.wait_until("every plugin polls on", lambda: all(
            plugin["polls"] > polls[name] + 2
            for name, plugin in self.harvester.all_plugins().items()))
        plugins = self.harvester.all_plugins()
        assert plugins.keys() == self.victims.keys()
        for plugin in plugins.values():
            assert plugin["state"] in ("idle", "calling") and plugin["kills"] == 0, plugin
            assert is_alive(plugin["pid"])
        left = self.harvester.processes() - {plugin["pid"] for plugin in plugins.values()}
        assert len(left) <= 1, self._tail(f"besides the template there are {left}")
        assert sum(plugin["restarts"] for plugin in plugins.values()) >= self.result.kills
