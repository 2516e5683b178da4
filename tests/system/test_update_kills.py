"""SIGKILLs of a node and of commands during updates; many more of them in tests/faults."""
import os
import random
from pathlib import Path

from update_kills import torment

KILLS = 30


def test_kills_during_updates(tmp_path: Path) -> None:
    """Never a mixture, never a version that was not verified and approved, always one that runs."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    result = torment(tmp_path, seed, KILLS)
    print(result.text())
    assert result.kills == KILLS and result.of_nodes
