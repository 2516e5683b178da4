"""Many random kills of guests, on a few nodes at a time.

HARVESTER_KILLS says how many, HARVESTER_SEED which; the seed is printed.
"""
import concurrent.futures
import os
import random
from pathlib import Path

import kills

KILLS = int(os.environ.get("HARVESTER_KILLS", "1000"))
NODES = 3


def test_random_kills(tmp_path: Path) -> None:
    """Every plugin of every node polls again after the last one, and none was ever taken for one
    that dies by itself.
    """
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    with concurrent.futures.ThreadPoolExecutor(NODES) as pool:
        results = list(pool.map(
            lambda node: kills.torment(tmp_path / str(node), seed + node, -(-KILLS // NODES)),
            range(NODES)))
    total = kills.Result()
    for result in results:
        total.add(result)
    print(f"{NODES} nodes: {total.text()}")
    assert total.kills >= KILLS
