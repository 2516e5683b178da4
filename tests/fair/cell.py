"""One cell of the matrix: what is measured of a home before and while it is flooded, and the bars."""
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Callable

from home import LOOK_SECONDS, Home
from node import PATIENCE

# Bars that are ratios: of times on the same node, without floods and with them.
POLL_RATIO_MAX = 3
API_RATIO_MAX = 10
# A p99 of less than this says more about the machine's other processes than about the node.
API_FLOOR_MS = 5
PAGE_FLOOR_MS = 20
# Of the table of shares in docs/SECURITY.md: what a plugin may give to the history at once, and a second after that. A byte of
# a reading is written to the database's log, then to the database with its indexes; the state's 120 flushes at once are less.
HISTORY_KB_ONCE, HISTORY_KB_SECOND = 1024, 16
WRITTEN_TIMES = 3
# How long the node may take to say who it is, and the link to carry the rest once the floods are gone.
NAMED_SECONDS = 10
LINK_SECONDS = 20
POLLS_MIN = 2.2  # of the slowest honest plugin in a window


@dataclass
class Figures:
    """What came of one run of a cell. Times in ms."""

    resource: str
    floods: int
    seed: int
    seconds: float = 0
    missed: int = 0
    who_missed: str = ""
    lost: int = 0
    lost_on_hub: int = 0
    not_shown: int = 0
    killed: int = 0
    forged: int = 0
    blind: str = ""
    named: str = ""
    poll_alone_ms: float = 0
    poll_beside_ms: float = 0
    poll_worst_ms: float = 0
    api_alone_ms: float = 0
    api_beside_ms: float = 0
    page_alone_ms: float = 0
    page_beside_ms: float = 0
    written_alone_kb: float = 0
    written_kb: float = 0
    link_seconds: float = 0

    @property
    def poll_ratio(self) -> float:
        """How much longer the honest plugin's poll takes."""
        return self.poll_beside_ms / max(self.poll_alone_ms, 1)

    @property
    def api_ratio(self) -> float:
        """How much longer an answer takes."""
        return self.api_beside_ms / max(self.api_alone_ms, API_FLOOR_MS)

    @property
    def page_ratio(self) -> float:
        """How much longer a script in the page takes."""
        return self.page_beside_ms / max(self.page_alone_ms, PAGE_FLOOR_MS)

    def late(self) -> list[str]:
        """The bars of polls and events that were not met: counts, but ones that a busy machine raises too."""
        return [*([f"{self.missed} polls missed ({self.who_missed})"] if self.missed else []),
                *([f"{self.not_shown} readings not shown by the events"] if self.not_shown else [])]

    def broken(self) -> list[str]:
        """The other bars that are counts, and were not met."""
        counts = {"readings lost": self.lost, "readings lost on the hub": self.lost_on_hub,
                  "forged readings": self.forged,
                  "deaths and errors of honest plugins": self.killed}
        return [*(f"{count} {what}" for what, count in counts.items() if count),
                *([self.blind] if self.blind else []),
                *([] if self.named else ["the flood is not named as the reason"])]

    def slow(self) -> list[str]:
        """The bars that depend on the machine as well, and were not met."""
        share = HISTORY_KB_ONCE / max(self.seconds, 1) + HISTORY_KB_SECOND
        allowed = self.written_alone_kb + self.floods * WRITTEN_TIMES * share
        return [*([f"a poll takes {self.poll_ratio:.1f} times as long"] if self.poll_ratio > POLL_RATIO_MAX else []),
                *([f"the API takes {self.api_ratio:.1f} times as long"] if self.api_ratio > API_RATIO_MAX else []),
                *([f"the page takes {self.page_ratio:.1f} times as long"] if self.page_ratio > API_RATIO_MAX else []),
                *([f"{self.written_kb:.0f} kB/s written, {allowed:.0f} allowed"] if self.written_kb > allowed else [])]

    def to_json(self) -> dict[str, Any]:
        """With the ratios."""
        return {**asdict(self), "poll_ratio": round(self.poll_ratio, 2), "api_ratio": round(self.api_ratio, 2),
                "broken": [*self.late(), *self.broken()], "slow": self.slow()}


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, int(len(ordered) * share + 0.999999) - 1)] if ordered else 0


@dataclass
class Window:
    """A stretch of time, and what was counted at its ends."""

    home: Home
    begin: float = field(default_factory=time.monotonic)
    end: float = 0
    page_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = self.home.plugin_counts()
        self.written = self.home.bytes_written()

    def last(self, seconds: float) -> "Window":
        """Until then, with the page, if there is one, in use."""
        while time.monotonic() < self.begin + seconds:
            self.page_ms.append(self.home.page_took_ms())
            time.sleep(LOOK_SECONDS)
        return self.close()

    def close(self) -> "Window":
        """Its end is now."""
        self.after = self.home.plugin_counts()
        self.written = self.home.bytes_written() - self.written
        self.end = time.monotonic()
        return self

    def numbers(self, name: str) -> range:
        """Of the readings that a plugin has given in it."""
        return range(self.before[name]["polls"] + 1, self.after[name]["polls"] + 1)

    def growth(self, name: str, *counters: str) -> int:
        """Of a plugin's counters."""
        return sum(self.after[name][counter] - self.before[name][counter] for counter in counters)


def wait(condition: Callable[[], Any], seconds: float) -> Any:
    """The condition's value once it is true, or as it is at last."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return value


def took_ms(home: Home, name: str, numbers: range) -> list[float]:
    """How long these polls took, by the plugin's own clock."""
    path = f"/api/v1/history?sensor={name}&field=took_ms&resolution=raw&limit=10000"
    readings = {int(count): took for reading in home.node.get_json(path.replace("&field=took_ms", ""))["readings"]
                if (count := reading["data"].get("count")) is not None and (took := reading["data"].get("took_ms"))}
    return [readings[number] for number in numbers if number in readings]


def skipped_polls(times: dict[int, int], numbers: range, interval_ms: float) -> int:
    """Turns of the schedule between two readings in which there was no poll."""
    known = [number for number in numbers if number in times]
    return sum(max(0, int((times[b] - times[a]) / interval_ms / (b - a) + 0.1) - 1) for a, b in zip(known, known[1:]))


def judge(home: Home, alone: Window, beside: Window, figures: Figures) -> None:
    """Look at what was stored, shown and counted."""
    for name in home.honest:
        numbers = beside.numbers(name)
        here, there = home.stored(home.node, name), home.on_hub(name)
        interval_ms = home.intervals[name] * 1000
        missed = max(beside.growth(name, "late_polls"), skipped_polls(here, numbers, interval_ms))
        figures.missed += missed
        figures.who_missed += f"{', ' if figures.who_missed else ''}{name} {missed}" if missed else ""
        figures.killed += beside.growth(name, "errors", "kills", "restarts")
        figures.lost += len(set(numbers) - set(here))
        figures.lost_on_hub += len(set(numbers) - set(there))
        figures.not_shown += len(set(numbers) - home.watcher.shown[name])
        figures.forged += sum(number < 0 for number in (*here, *there))
    timed = home.flood.beside or "honest"
    figures.poll_alone_ms = quantile(took_ms(home, timed, alone.numbers(timed)) or
                                     took_ms(home, timed, range(1, alone.after[timed]["polls"] + 1)), 0.5)
    polls = took_ms(home, timed, beside.numbers(timed))
    figures.poll_beside_ms, figures.poll_worst_ms = quantile(polls, 0.5), max(polls, default=0)
    figures.api_alone_ms = quantile(home.poller.between(alone.begin, alone.end), 0.99)
    figures.api_beside_ms = quantile(home.poller.between(beside.begin, beside.end), 0.99)
    figures.page_alone_ms, figures.page_beside_ms = quantile(alone.page_ms, 0.99), quantile(beside.page_ms, 0.99)
    figures.written_alone_kb = alone.written / 1024 / (alone.end - alone.begin)
    figures.written_kb = beside.written / 1024 / (beside.end - beside.begin)


def look_for_what_is_hidden(home: Home, beside: Window, had_latecomer: bool) -> str:
    """What somebody who looks does not see of the honest plugins; "" if nothing is missing."""
    first, last = beside.before["honest"]["polls"], beside.after["honest"]["polls"]
    if not had_latecomer:
        return "what came later has no reading"
    if not wait(lambda: (home.node.data("display").get("seen") or 0) > first, NAMED_SECONDS):
        return f"the display was not shown a reading after {first}: {home.node.data('display')}"
    if not wait(lambda: home.in_metrics("honest"), 1):
        return "/metrics does not show the honest plugin"
    if home.browser and not wait(lambda: home.page_shows() >= last, PATIENCE):
        return f"the page shows reading {home.page_shows()}, not {last}"
    return ""


def has_all(home: Home, window: Window) -> bool:
    """Whether all readings of it are on the node's disk and on its hub."""
    return all(set(window.numbers(name)) <= set(home.stored(home.node, name)) & set(home.on_hub(name))
               for name in home.honest)


def run(home: Home, seed: int, seconds_alone: float, seconds: float) -> Figures:
    """A cell, on a home that is quiet yet."""
    figures = Figures(home.flood.resource, home.count, seed)
    alone = Window(home).last(seconds_alone)
    beside = Window(home)
    home.let_in()
    home.let_latecomer_in()
    beside.last(time.monotonic() - beside.begin + max(seconds, POLLS_MIN * home.longest_interval))
    had_latecomer = wait(home.has_latecomer, PATIENCE)
    figures.named = wait(home.where_named, NAMED_SECONDS)
    wait(lambda: set(beside.numbers("honest")) <= home.watcher.shown["honest"], 2)
    figures.blind = look_for_what_is_hidden(home, beside, had_latecomer)
    wait(lambda: has_all(home, beside), LINK_SECONDS / 2)
    home.take_floods_away()
    wait(lambda: has_all(home, beside), LINK_SECONDS)
    figures.seconds = beside.end - beside.begin
    figures.link_seconds = time.monotonic() - beside.end
    judge(home, alone, beside, figures)
    return figures
