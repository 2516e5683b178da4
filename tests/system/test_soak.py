"""A short run of what tools/soak does for hours."""
import random
from pathlib import Path

import long_life

SECONDS = 30.0
GROWTH_BYTES_MAX = 4 << 20  # while caches fill: so short a run cannot tell the slope


def test_long_life_in_short(tmp_path: Path) -> None:
    """Nothing is lost, whatever happens to plugins, configuration, devices and clients."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    life = long_life.live(tmp_path, seed, SECONDS)
    print(life.text())
    assert not life.problems
    assert life.memory.samples[-1][1] - life.memory.samples[0][1] < GROWTH_BYTES_MAX
