"""A hub and three spokes under random faults. HARVESTER_STORM says how many, HARVESTER_SEED which."""
import os
import random
from pathlib import Path

import storms

FAULTS = int(os.environ.get("HARVESTER_STORM", "240"))


def test_storm(tmp_path: Path) -> None:
    """Every reading that a spoke had stored is in the hub's history, once and in order."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    storm = storms.rage(tmp_path, seed, FAULTS)
    print(storm.text())
    assert not storm.problems
    assert sum(storm.faults.values()) >= FAULTS
