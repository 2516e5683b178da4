"""Random faults over a house: kills, pauses, partitions, slow roads and clock jumps, by a seed."""
import dataclasses
import random
import signal
import time
from collections import Counter
from pathlib import Path

import house


@dataclasses.dataclass
class Storm:
    """What happened, and what was there afterwards."""
    faults: Counter[str]
    readings: int
    problems: list[str]

    def text(self) -> str:
        """For people."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.faults.items()))
        return f"{sum(self.faults.values())} faults ({kinds}); {self.readings} readings, {len(self.problems)} problems"


class Weather:
    """Draws faults, and takes them back after a while."""

    KINDS = ["kill spoke", "kill hub", "pause spoke", "pause hub", "partition", "slow road", "clock jump", "restart"]

    def __init__(self, home: house.House, seed: int) -> None:
        self.house, self.random = home, random.Random(seed)
        self.faults: Counter[str] = Counter()

    def strike(self) -> None:
        """One fault, and its end."""
        kind = self.random.choice(self.KINDS)
        number = self.random.randrange(len(self.house.spokes))
        spoke, road = self.house.spokes[number], self.house.roads[number]
        if kind == "clock jump" and not house.FAKETIME:
            kind = "partition"
        self.faults[kind] += 1
        pause = self.random.uniform(0.05, 0.6)
        victim = self.house.hub if kind.endswith("hub") else spoke
        if kind.startswith("kill"):
            victim.kill()
            time.sleep(pause / 4)
            victim.start()
        elif kind.startswith("pause"):
            victim.signal(signal.SIGSTOP)
            time.sleep(pause)
            victim.signal(signal.SIGCONT)
        elif kind == "partition":
            road.cut()
            time.sleep(pause)
            road.mend()
        elif kind == "slow road":
            road.slow()
            time.sleep(pause)
            road.mend()
        elif kind == "clock jump":
            spoke.jump(self.random.choice([-40 * 365 * 86400, -3600, 3600, 300 * 86400]))
            time.sleep(pause)
            spoke.jump(0)
        else:
            spoke.kill() if spoke.process.poll() is not None else spoke.signal(signal.SIGTERM)
            spoke.process.wait()
            spoke.start()
        time.sleep(self.random.uniform(0, 0.3))


def rage(folder: Path, seed: int, faults: int, spokes: int = 3) -> Storm:
    """So many faults, then calm; afterwards each spoke's history is the hub's history of it."""
    with house.House(folder, spokes) as home:
        home.wait("every spoke has sent", lambda: all(home.hub.stored(spoke.name) for spoke in home.spokes))
        weather = Weather(home, seed)
        for _ in range(faults):
            weather.strike()
        # Calm: the spokes take no more readings, and what they have goes its way.
        for spoke in home.spokes:
            (spoke.plugins / "counter.py").unlink()
        home.wait("the hub has what the spokes have", lambda: all(
            home.hub.stored(spoke.name) == spoke.stored(spoke.name) for spoke in home.spokes))
        # A stop writes what waited: that goes its way with the next start, and no more is asked of it.
        own = {}
        for spoke in home.spokes:
            spoke.stop()
            own[spoke.name] = spoke.history(spoke.name)
            spoke.start()
        home.wait("the hub has the last of each", lambda: all(
            any(reading["sequence"] == own[spoke.name][-1]["sequence"] for reading in home.hub.history(spoke.name))
            for spoke in home.spokes))
        for each in (*home.spokes, home.hub):
            each.stop()
        storm = Storm(weather.faults, 0, [])
        for spoke in home.spokes:
            last = own[spoke.name][-1]["sequence"]
            storm.readings += len(own[spoke.name])
            there = [reading for reading in home.hub.history(spoke.name) if reading["sequence"] <= last]
            storm.problems += [f"{spoke.name}: {problem}" for problem in house.compare(there, own[spoke.name])]
        return storm
