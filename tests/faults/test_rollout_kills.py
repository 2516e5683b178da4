"""Many kills of a hub at random moments of roll-outs.

HARVESTER_ROLLOUT_KILLS says how many, HARVESTER_SEED which; the seed is printed.
"""
import os
import random
from pathlib import Path

from rollout_kills import Kills

KILLS = int(os.environ.get("HARVESTER_ROLLOUT_KILLS", "50"))


def test_kills_of_the_hub(tmp_path: Path) -> None:
    """At the end of each roll-out all nodes have its version; the hub says what is true after every start."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    print(Kills(tmp_path, seed).run(KILLS))
