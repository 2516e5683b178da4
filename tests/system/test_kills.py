"""A short run of what tests/faults does at length."""
import random
from pathlib import Path

import kills

KILLS = 30


def test_random_kills(tmp_path: Path) -> None:
    """Whichever guest is killed at whatever moment, every plugin polls again."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    result = kills.torment(tmp_path, seed, KILLS)
    print(result.text())
    assert result.kills >= KILLS
