"""What happens to machines: full disks, clocks that jump, file systems that become read-only, upgrades."""
from pathlib import Path
from typing import Callable

from conftest import wait_for
from cuts import stored, wait_until_up
from machine import Machine

YEAR_SECONDS = 31_536_000


def test_clock_jumps(machine: Machine) -> None:
    """A year forward and back: the node goes on reading."""
    for seconds in (YEAR_SECONDS, -YEAR_SECONDS):
        machine.run(f"date -s @$(( $(date +%s) + {seconds} ))")
        before = machine.readings()["button"]["data"]["presses"]
        wait_for(machine, "button", "is still polled", lambda data, before=before: data.get("presses", 0) > before)
    assert machine.run("systemctl show harvester --property NRestarts --value").strip() == "0"


def test_disk_full(machine: Machine) -> None:
    """While the disk is full readings are shown; they are stored again once there is room."""
    machine.run("fallocate -l $(( $(df --output=avail -B1 / | tail -n 1) + (1 << 20) )) /var/fill")
    assert machine.run("df --output=avail / | tail -n 1").strip() == "0"
    before = machine.readings()["button"]["data"]["presses"]
    wait_for(machine, "button", "is still polled", lambda data: data.get("presses", 0) > before)
    machine.run("rm /var/fill")
    known = len(stored(machine, 0))
    machine.wait_until("readings are stored again", lambda: len(stored(machine, 0)) > known)


def test_root_becomes_read_only(machine: Machine) -> None:
    """As after an error of the disk: readings are shown, and the service does not end."""
    machine.run("echo u >/proc/sysrq-trigger")
    before = machine.readings()["button"]["data"]["presses"]
    wait_for(machine, "button", "is still polled", lambda data: data.get("presses", 0) > before)
    assert machine.run("systemctl is-active harvester").strip() == "active"


def test_no_clock_at_boot(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """A board without a battery begins in 1970; the node reads and stores all the same."""
    options = ("-rtc", "base=1970-01-01T00:00:00")
    with Machine(image, far_end, tmp_path / "run", new_disk(), options=options) as machine:
        wait_until_up(machine)
        wait_for(machine, "bme680", "has a value", lambda data: "error" not in data)
        machine.wait_until("readings are stored", lambda: stored(machine, 0))
