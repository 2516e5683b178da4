"""The machine is switched off at a random moment, again and again, while the node works."""
import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from conftest import CONFIG, CONFIGURATION, PLUGINS
from cuts import plugin_states, stored, wait_until_up
from guest_agent import GuestEnded
from machine import Machine

CUTS = int(os.environ.get("HARVESTER_CUTS", "5"))
SEED = int(os.environ.get("HARVESTER_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
# Whole operations before the one that the power cut meets, and how soon after its beginning.
OPERATIONS = 5
CUT_SECONDS = 4.0
WAITS = "needs approval"
# After each cut the last readings are compared, and all of them after every so many cuts.
COMPARED = 200
FULL_EVERY = 20

COUNTER = """VERSION = {version}
count = 0

def poll():
    global count
    count += 1
    return {{"count": count, "version": VERSION}}
"""


@dataclass
class Known:
    """What the node acknowledged before the power went."""

    readings: list[dict[str, Any]] = field(default_factory=list)
    approved: bool | None = False  # of the plugin `door`; None: the power went while it changed
    version: int = 0
    operations: int = 0


def replace(machine: Machine, path: str, text: str) -> None:
    """A file that is the old or the new one after a power cut, as editors and package managers write it."""
    machine.run(f"cat >{path}.new && sync {path}.new && mv {path}.new {path} && chown harvester: {path}", text.encode())


def prepare(machine: Machine) -> None:
    """Two plugins with approval, and two without."""
    config = CONFIGURATION.replace("auto_approve = true", "auto_approve = false").replace(
        "interval_seconds = 2", "interval_seconds = 0.2")
    machine.run(f"systemctl stop harvester && rm -rf {PLUGINS}/*")
    replace(machine, CONFIG, config)
    for name in ("steady", "changing", "door", "never"):
        if name in ("door", "never"):
            replace(machine, f"{PLUGINS}/{name}.permission.toml", "allow_gpio_in = [5]\nshare_gpio = [5]\n")
        replace(machine, f"{PLUGINS}/{name}.py", COUNTER.format(version=0))
    machine.run("systemctl start harvester && sync")
    wait_until_up(machine)


def change_approval(machine: Machine, known: Known) -> None:
    """Approve the plugin, or take the approval back."""
    wanted, known.approved = not known.approved, None
    machine.run(f"harvester plugin {'approve door --yes' if wanted else 'revoke door'}")
    known.approved = wanted


def change_plugin(machine: Machine, known: Known) -> None:
    """A new version, which is tried beside the old one."""
    known.version += 1
    replace(machine, f"{PLUGINS}/changing.py", COUNTER.format(version=known.version))


def look(machine: Machine, known: Known) -> None:
    """What the API shows as stored is acknowledged."""
    known.readings += stored(machine, known.readings)


def work(machine: Machine, known: Known, draw: random.Random) -> None:
    """One operation."""
    draw.choice((change_approval, change_plugin, look))(machine, known)
    known.operations += 1


def work_until_cut(machine: Machine, known: Known, draw: random.Random) -> None:
    """Some operations, then the power goes in the middle of another one, or soon after it."""
    for _ in range(draw.randrange(OPERATIONS)):
        work(machine, known, draw)
    cut = threading.Timer(draw.random() * CUT_SECONDS, machine.process.kill)
    cut.start()
    try:
        while True:
            work(machine, known, draw)
    except (GuestEnded, OSError):
        assert machine.process.wait() < 0
    finally:
        cut.cancel()


def running_states(machine: Machine) -> dict[str, str] | None:
    """The plugins' states once those that need no approval have been started."""
    states = plugin_states(machine)
    return states if {states.get("steady"), states.get("changing")} <= {"idle", "calling"} else None


def check(machine: Machine, known: Known, number: int) -> None:
    """The service came up by itself, and nothing that was acknowledged is lost or forged."""
    wait_until_up(machine)
    assert machine.run("systemctl --failed --no-legend") == ""
    recent = known.readings[:-COMPARED] if number % FULL_EVERY and number < CUTS else []
    now = stored(machine, recent)
    assert now[:len(known.readings) - len(recent)] == known.readings[len(recent):]
    assert [reading["sequence"] for reading in now] == list(range(len(recent) + 1, len(recent) + len(now) + 1))
    known.readings = recent + now
    assert not any(reading["sensor_id"] == "machine:never" and "count" in reading["data"] for reading in now)
    states = machine.wait_until("its plugins run", lambda: running_states(machine))
    assert states["never"] == WAITS, states
    is_approved = states["door"] != WAITS
    assert known.approved in (None, is_approved), states
    known.approved = is_approved


def test_power_cuts(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """HARVESTER_CUTS of them."""
    draw, known, disk = random.Random(SEED), Known(), new_disk()
    begin = time.monotonic()
    print(f"HARVESTER_SEED={SEED}", flush=True)
    with Machine(image, far_end, tmp_path / "run", disk) as machine:
        wait_until_up(machine)
        prepare(machine)
        machine.wait_until("readings are stored", lambda: stored(machine))
        work_until_cut(machine, known, draw)
    for number in range(1, CUTS + 1):
        with Machine(image, far_end, tmp_path / "run", disk) as machine:
            check(machine, known, number)
            print(f"{time.monotonic() - begin:.0f} s, cut {number}: {known.operations} operations, {len(known.readings)} readings, none lost", flush=True)
            if number < CUTS:
                work_until_cut(machine, known, draw)
