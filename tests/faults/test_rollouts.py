"""A roll-out to fifty real nodes: three on which the version fails, five that are away, and a hub that is killed.

HARVESTER_NODES says how many nodes there are, at least 16.
"""
import os
from pathlib import Path

from many_nodes import roll_out_to_many


def test_many_nodes(tmp_path: Path) -> None:
    """All that can run the newest version do; those that were away go there at once."""
    roll_out_to_many(tmp_path, int(os.environ.get("HARVESTER_NODES", "50")), failing=3, away=5)
