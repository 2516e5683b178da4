"""A node with a neighbour that must not notice, and what is measured while it is attacked."""
import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable

from attack import Attack
from node import Harvester, is_alive, simulated
from placing import take_away

INTERVAL_MS = 100
DEADLINE_MS = 500
PATIENT_DEADLINE_MS = 5000  # of attacks that time is not to end

# What is promised, and what is asserted: a shared machine may be busy with other things.
LATE_TARGET_MS, LATE_LIMIT_MS = 20, 500
STOP_TARGET_MS, STOP_LIMIT_MS = 100, 2000
GROWTH_LIMIT_KB = 12 * 1024
DESCRIPTORS_LIMIT = 2
SETTLE_SECONDS = 30.0
PATIENCE_SECONDS = 60.0
WINDOW_SECONDS = 0.45

NEIGHBOUR = """
from wit_world.imports import gpio, gpio_provider, i2c

count = 0

def poll():
    global count
    count += 1
    gpio.read(22)
    i2c.write_read(1, 0x23, b"", 2)
    print("beat", count, gpio_provider.get_timestamp_ms())
    return {"count": count}
"""
NEIGHBOUR_GRANT = "allow_gpio = [22]\nallow_i2c = [0x23]\n"

CONFIG = {
    "polling": {"interval_seconds": 0.2, "deadline_seconds": DEADLINE_MS / 1000},
    "logging": {"level": "debug"},
    "buzzer": {"max_on_seconds": 0.2},
    "plugins.neighbour": {"interval_seconds": INTERVAL_MS / 1000, "deadline_seconds": 10},
    "plugins.leds-of-others": {"led": 5},
}


# A line of the log as it has to be: no control characters, C1 and direction marks included.
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) "
                  r"[\w.-]{1,64}: [^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*")


@dataclass
class Result:
    """What became of one attack. Times in ms, memory in kB."""

    name: str
    kind: str
    tries: str
    ends: str
    wall: str
    said: str = ""
    bug: str = ""
    late_ms: list[int] = field(default_factory=list)
    late_p99_ms: float = 0
    stop_late_ms: int | None = None
    api_max_ms: float = 0
    rss_peak_kb: int = 0
    rss_growth_kb: int = 0
    descriptors_growth: int = 0


def percentile(values: list[int], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, int(len(ordered) * share + 0.999999) - 1)] if ordered else 0


def time_ms(line: str) -> float:
    """The time stamp that a line of the log begins with."""
    return datetime.fromisoformat(line.split(" ", 1)[0]).timestamp() * 1000


class Arena:
    """One node, attacked by one after another."""

    def __init__(self, folder: Path, program: Path, attacks: Iterable[Attack]) -> None:
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        (plugins / "neighbour.permission.toml").write_text(NEIGHBOUR_GRANT)
        (plugins / "neighbour.py").write_text(NEIGHBOUR)
        self.keep = {path.name for path in plugins.iterdir()}
        patient = {f"plugins.{one.name}": {"deadline_seconds": PATIENT_DEADLINE_MS / 1000}
                   for one in attacks if not one.ends_by_time}
        config = {key: {**patient.get(key, {}), **CONFIG.get(key, {})}
                  for key in {**CONFIG, **patient}}
        self.harvester = Harvester(folder, simulated(config), plugins, program=program)

    def __enter__(self) -> "Arena":
        self.harvester.__enter__()
        try:
            self.harvester.wait_for_value("neighbour")
            self.neighbour = self.harvester.plugin("neighbour")["pid"]
            self.processes = {self.harvester.template(), self.neighbour}
            self.harvester.wait_until("it has answered all routes", lambda: self._look()[1])
        except BaseException:
            self.harvester.process.kill()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.harvester.__exit__(*exception)

    # The broker, from outside

    def _status(self, key: str) -> int:
        text = Path(f"/proc/{self.harvester.process.pid}/status").read_text()
        match = re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)
        assert match
        return int(match[1])

    def _reset_peak(self) -> None:
        """proc(5), clear_refs: the high water mark of the memory begins anew."""
        Path(f"/proc/{self.harvester.process.pid}/clear_refs").write_text("5")

    def _descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.harvester.process.pid}/fd").iterdir()))

    def _look(self) -> tuple[float, dict[str, Any], dict[str, Any]]:
        """How long the slower route took in ms, the plugins and the readings."""
        started = time.monotonic()
        readings = self.harvester.readings()
        middle = time.monotonic()
        plugins = {plugin["name"]: plugin
                   for plugin in self.harvester.get_json("/api/v1/plugins")}
        slower = max(middle - started, time.monotonic() - middle)
        return slower * 1000, plugins, readings

    def odd_lines(self) -> list[str]:
        """Lines of the log that the host did not make."""
        with self.harvester.news:
            return [line for line in self.harvester.lines if not LINE.fullmatch(line)]

    # What it is to be like

    def _said(self, attack: Attack, since: int) -> str:
        """The line that the attack is expected to leave in the log."""
        who = rf"(?:{re.escape(attack.name)}|plugins)"
        begin = rf"^\S+ (?:warning|error) {who}: "
        if attack.ends == "off":
            begin += r"stays off (?:for \d+ h, or )?until its file changes: "
        with self.harvester.news:
            lines = self.harvester.lines[since:]
        for line in lines:
            if match := re.search(begin + ".*?(" + attack.says + ")", line):
                return match[1]
        return ""

    def _came_about(self, attack: Attack, since: int, plugins: dict[str, Any],
                    readings: dict[str, Any]) -> str:
        """What was said, once all is as expected; "" before."""
        plugin = plugins.get(attack.name, {})
        if attack.ends == "harmless":
            data = readings.get(attack.name, {}).get("data", {})
            match = re.search(attack.says, json.dumps(data, ensure_ascii=False))
            return match[0] if match and "error" not in data else ""
        said = self._said(attack, since)
        if not said:
            return ""
        states = {"refused": ("", "backoff", "failed", "refused"), "killed": ("backoff", "failed"),
                  "off": ("failed",), "failed": ("failing", "idle", "calling", "starting")}[attack.ends]
        has_process = bool(plugin.get("pid")) and is_alive(plugin["pid"])
        is_well = plugin.get("state", "") in states and (
            has_process == (attack.ends == "failed"))
        # It may have been started again since; then its next end will show.
        return said if is_well else ""

    def _story(self, since: int) -> list[str]:
        """For messages: the log without the neighbour's part in it."""
        with self.harvester.news:
            lines = self.harvester.lines[since:]
        return [line[:200] for line in lines if " neighbour: " not in line][:40]

    def _stop_late_ms(self, attack: Attack, since: int) -> int | None:
        """From the deadline of the first call that passed it until the process was gone."""
        began = None
        with self.harvester.news:
            lines = self.harvester.lines[since:]
        for line in lines:
            match = re.search(rf" debug {re.escape(attack.name)}: (\w+) -> (\w+)$", line)
            if match and match[2] in ("calling", "starting"):
                began = time_ms(line)
            elif match and match[2] in ("backoff", "failed") and began is not None:
                late = time_ms(line) - began - DEADLINE_MS
                return round(late) if late >= 0 and attack.ends_by_time else None
        return None

    def _late_ms(self, since: int) -> list[int]:
        """How late each poll of the neighbour was, by the host's time stamps."""
        with self.harvester.news:
            lines = self.harvester.lines[since:]
        beats = [(int(m[1]), int(m[2])) for line in lines
                 if (m := re.search(r" info neighbour: beat (\d+) (\d+)$", line))]
        assert all(b[0] == a[0] + 1 for a, b in zip(beats, beats[1:])), "a beat is missing"
        return [max(0, b[1] - a[1] - INTERVAL_MS) for a, b in zip(beats, beats[1:])]

    # The attack

    def run(self, attack: Attack, results: list[Result]) -> None:
        """Let it in, wait until it ends as expected, take it away, and see what is left of it."""
        result = Result(attack.name, attack.kind, attack.tries, attack.ends, attack.wall,
                        bug=attack.bug)
        results.append(result)
        with self.harvester.news:
            since = len(self.harvester.lines)
        errors = self.harvester.plugin("neighbour")["errors"]
        self._reset_peak()
        before = self._status("VmRSS"), self._descriptors()
        attack.place(self.harvester.plugins)
        began = time.monotonic()
        try:
            self._watch(attack, result, since, began)
        finally:
            take_away(self.harvester.plugins, self.keep)
            result.rss_peak_kb = max(0, self._status("VmHWM") - before[0])
            self._settle(result, before)
            result.stop_late_ms = self._stop_late_ms(attack, since)
            result.late_ms = self._late_ms(since)
            result.late_p99_ms = percentile(result.late_ms, 0.99)
        self._judge(result, errors)

    def _watch(self, attack: Attack, result: Result, since: int, began: float) -> None:
        has_world = not attack.world
        while True:
            took, plugins, readings = self._look()
            result.api_max_ms = max(result.api_max_ms, took)
            assert not self.harvester.has_ended, self.harvester.tail("the broker ended")
            assert readings["neighbour"]["data"]["count"] > 0, "somebody spoke for the neighbour"
            result.said = result.said or self._came_about(attack, since, plugins, readings)
            if not has_world and result.said:
                world = json.dumps(self.harvester.get_json("/api/v1/simulation"))
                has_world = bool(re.search(attack.world, world))
            passed = time.monotonic() - began
            # The fan's relay may still be held as the attack before left it.
            if result.said and has_world and passed > WINDOW_SECONDS:
                return
            assert passed < PATIENCE_SECONDS, "\n".join([
                f"{attack} did not end as expected: {attack.ends}, {attack.says}, the devices as {attack.world or 'they are'}",
                str(plugins.get(attack.name)), str(readings.get(attack.name))[:2000],
                *self._story(since)])
            time.sleep(0.03)

    def _settle(self, result: Result, before: tuple[int, int]) -> None:
        """Memory, descriptors and processes go back to what they were, some time soon."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            result.rss_growth_kb = self._status("VmRSS") - before[0]
            result.descriptors_growth = self._descriptors() - before[1]
            left = self.harvester.processes() - self.processes
            if (result.rss_growth_kb < GROWTH_LIMIT_KB / 2 and not left
                    and result.descriptors_growth <= 0) or time.monotonic() > end:
                return
            time.sleep(0.03)

    def _judge(self, result: Result, errors: int) -> None:
        left = self.harvester.processes() - self.processes
        assert not left, self.harvester.tail(f"processes {left} are left")
        neighbour = self.harvester.plugin("neighbour")
        assert neighbour["pid"] == self.neighbour
        assert (neighbour["errors"], neighbour["kills"]) == (errors, 0)
        assert result.late_p99_ms <= LATE_LIMIT_MS, self.harvester.tail(str(result.late_ms))
        assert (result.stop_late_ms or 0) <= STOP_LIMIT_MS, self.harvester.tail("it lived on")
        assert result.rss_growth_kb <= GROWTH_LIMIT_KB
        assert result.descriptors_growth <= DESCRIPTORS_LIMIT
