"""A short storm over a hub and two spokes; tests/faults has the long one."""
import os
import random
from pathlib import Path

import storms


def test_short_storm(tmp_path: Path) -> None:
    """Every reading that a spoke had stored is in the hub's history, once and in order."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    storm = storms.rage(tmp_path, seed, 12, spokes=2)
    print(storm.text())
    assert not storm.problems
