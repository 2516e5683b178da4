"""No orphans in Home Assistant, whatever is added, renamed, removed, restarted and lost; see tests/support/orphans.py."""
import os
import random
from pathlib import Path

from mosquitto import Mosquitto
from orphans import World

STEPS = int(os.environ.get("HARVESTER_ORPHAN_STEPS", "30"))  # a thousand take half an hour
SETTLE_EVERY = 50


def test_no_orphans(tmp_path: Path) -> None:
    """HARVESTER_SEED draws the same steps again; how they interleave with the node's threads is not drawn."""
    seed = int(os.environ.get("HARVESTER_SEED", random.randrange(2**32)))
    print(f"{STEPS} steps, HARVESTER_SEED={seed}")
    with Mosquitto(tmp_path / "broker") as broker, World(tmp_path, broker, random.Random(seed)) as world:
        for number in range(1, STEPS + 1):
            world.step()
            if number % SETTLE_EVERY == 0 or number == STEPS:
                world.settle()
                print(f"{number} steps: {dict(world.counts)}", flush=True)
        assert world.home.plugins() == world.expected()
