"""Random SIGKILLs of programs that write the history: what was acknowledged has to be there."""
import random
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node import BUILD, COUNTER, PATIENCE, Harvester, simulated

LOAD = BUILD / "tests" / "unit" / "history-load"
KILLS_PER_FILE = 100  # then a new one begins: reading all of it takes longer each time
DELAY_SECONDS = 0.06
NODE_DELAY_SECONDS = 1.0

CONFIG = simulated({"history": {"commit_seconds": 0.1}, "polling": {"interval_seconds": 0.01}})


@dataclass
class Result:
    """What was done."""

    kills: int = 0
    before_first: int = 0  # of those, before anything was acknowledged
    acknowledged: int = 0  # readings
    found: int = 0

    def text(self) -> str:
        """For people."""
        return (f"{self.kills} kills, {self.before_first} before the first commit; "
                f"{self.acknowledged} readings acknowledged, {self.found} found")


def check(path: Path) -> int:
    """How many readings there are; they are whole and without a hole."""
    done = subprocess.run([LOAD, "check", path], capture_output=True, text=True, check=False,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def write_and_kill(path: Path, delay: float) -> int:
    """Readings that were acknowledged before the kill."""
    with subprocess.Popen([LOAD, "write", path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        killer = threading.Timer(delay, process.kill)
        killer.start()
        assert process.stdout and process.stderr
        lines = process.stdout.read().split("\n")
        errors = process.stderr.read()
        killer.join()
    assert not errors, errors
    # What comes behind the last newline was not said.
    return int(lines[-2]) if len(lines) > 1 else 0


def torment_writer(folder: Path, seed: int, kills: int) -> Result:
    """Kill it again and again."""
    draw = random.Random(seed)
    result = Result()
    before = 0
    for number in range(kills):
        path = folder / f"history-{number // KILLS_PER_FILE}.db"
        before = before if number % KILLS_PER_FILE else 0
        acknowledged = write_and_kill(path, draw.random() ** 2 * DELAY_SECONDS)
        found = check(path)
        assert found >= before + acknowledged, f"kill {number + 1}: {result.text()}"
        result.kills += 1
        result.before_first += not acknowledged
        result.acknowledged += acknowledged
        result.found += found - before
        before = found
    return result


def pages(node: Harvester, query: str = "") -> list[dict[str, Any]]:
    """Every stored reading, page after page."""
    readings: list[dict[str, Any]] = []
    after = "0"
    while after is not None:
        page = node.get_json(f"/api/v1/history?resolution=raw&limit=500&after={after}{query}")
        readings += page["readings"]
        after = page["next"]
    return readings


def torment_node(folder: Path, seed: int, kills: int) -> Result:
    """Kill the real node: what its API showed as stored is there afterwards, and in order."""
    draw = random.Random(seed)
    result = Result()
    shown: list[dict[str, Any]] = []
    plugins = folder / "plugins"
    plugins.mkdir(parents=True)
    for name in ("one", "two", "three"):
        (plugins / f"{name}.py").write_text(COUNTER)
    for _ in range(kills + 1):
        with Harvester(folder, CONFIG, plugins) as node:
            node.wait_until("new readings are stored",
                            lambda known=len(shown): len(pages(node)) > known)
            time.sleep(draw.random() * NODE_DELAY_SECONDS)
            now = pages(node)
            assert now[:len(shown)] == shown
            assert [reading["sequence"] for reading in now] == list(range(1, len(now) + 1))
            shown = now
            if result.kills < kills:
                node.process.kill()
                node.process.wait()
                result.kills += 1
    result.acknowledged = result.found = len(shown)
    return result
