"""Many kills of what writes the history, and many simulated power cuts of it.

HARVESTER_HISTORY_KILLS and HARVESTER_IMAGES say how many, HARVESTER_SEED which; the seed is printed.
"""
import os
import random
import re
import subprocess
from pathlib import Path

from history_kills import torment_node, torment_writer
from node import BUILD

KILLS = int(os.environ.get("HARVESTER_HISTORY_KILLS", "2000"))
NODE_KILLS = 50
IMAGES = os.environ.get("HARVESTER_IMAGES", "10000")


def seed() -> int:
    """Of the draws; printed."""
    number = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {number}")
    return number


def test_kills_of_a_writer(tmp_path: Path) -> None:
    """0 acknowledged readings lost, 0 failed opens."""
    result = torment_writer(tmp_path, seed(), KILLS)
    print(result.text())
    assert result.kills == KILLS and result.acknowledged > 10 * KILLS


def test_kills_of_a_node(tmp_path: Path) -> None:
    """What the API showed as stored is there after each."""
    print(torment_node(tmp_path, seed(), NODE_KILLS).text())


def test_simulated_power_cuts() -> None:
    """Each image of a disk that lost what was not flushed opens, at an acknowledged prefix."""
    done = subprocess.run([BUILD / "tests" / "unit" / "test-store-history_power"],
                          env={**os.environ, "HARVESTER_IMAGES": IMAGES}, capture_output=True,
                          text=True, check=False, timeout=3600)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^(\d+) simulated power-cut images .*: all opened$", done.stdout, re.M)
    assert found and int(found[1]) >= int(IMAGES)
