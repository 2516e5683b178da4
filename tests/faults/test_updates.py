"""Many kills of a node and of commands during updates, and many simulated power cuts of the store of bundles.

HARVESTER_UPDATE_KILLS and HARVESTER_BUNDLE_IMAGES (for each change of the disk) say how many, HARVESTER_SEED which; the
seed is printed.
"""
import os
import random
import re
import subprocess
from pathlib import Path

from node import BUILD
from update_kills import torment

KILLS = int(os.environ.get("HARVESTER_UPDATE_KILLS", "1000"))
IMAGES = int(os.environ.get("HARVESTER_BUNDLE_IMAGES", "60"))


def seed() -> int:
    """Of the draws; printed."""
    number = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {number}")
    return number


def test_kills_during_updates(tmp_path: Path) -> None:
    """Never a mixture, never a version that was not verified and approved, always one that runs."""
    result = torment(tmp_path, seed(), KILLS)
    print(result.text())
    assert result.kills == KILLS and result.of_nodes


def test_simulated_power_cuts() -> None:
    """Each disk that a cut may leave has the old or the new version, whole, and the next installation goes well."""
    done = subprocess.run([BUILD / "tests" / "unit" / "bundle" / "test-bundle-switch"],
                          env={**os.environ, "HARVESTER_IMAGES": str(IMAGES), "HARVESTER_SEED": str(seed())},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    moments = [int(changes) + 1 for changes in re.findall(r"(\d+) changes", done.stdout)]
    print(f"{IMAGES * sum(moments)} images, {IMAGES} of each of {sum(moments)} moments")
    assert len(moments) == 5
