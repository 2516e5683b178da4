"""What happens to machines: full disks, clocks that jump, file systems that become read-only, upgrades."""
from pathlib import Path
from typing import Any, Callable

from conftest import CONFIG, SENSORS, wait_for, wait_until_polled
from cuts import plugin_states, stored, wait_until_up
from machine import COUNTED, Machine, pack
from repack import with_version

YEAR_SECONDS = 31_536_000


def test_clock_jumps(machine: Machine) -> None:
    """A year forward and back: the node goes on reading."""
    for seconds in (YEAR_SECONDS, -YEAR_SECONDS):
        machine.run(f"date -s @$(( $(date +%s) + {seconds} ))")
        wait_until_polled(machine)
    assert machine.run("systemctl show harvester --property NRestarts --value").strip() == "0"


def test_disk_full(machine: Machine) -> None:
    """While the disk is full readings are shown; they are stored again once there is room."""
    machine.run("fallocate -l $(( $(df --output=avail -B1 / | tail -n 1) + (1 << 20) )) /var/fill")
    assert machine.run("df --output=avail / | tail -n 1").strip() == "0"
    wait_until_polled(machine)
    machine.run("rm /var/fill")
    known = len(stored(machine))
    machine.wait_until("readings are stored again", lambda: len(stored(machine)) > known)


def test_root_becomes_read_only(machine: Machine) -> None:
    """As after an error of the disk: readings are shown, and the service does not end."""
    machine.run("echo u >/proc/sysrq-trigger")
    wait_until_polled(machine)
    assert machine.run("systemctl is-active harvester").strip() == "active"


def test_root_is_read_only_from_boot(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """As on a card that is set so: the service comes up, and readings are shown."""
    words = "ro systemd.mask=systemd-remount-fs.service"
    with Machine(image, far_end, tmp_path / "run", new_disk(), kernel_words=words) as machine:
        assert machine.attempt("touch /etc/here")[0] != 0
        wait_until_up(machine)
        wait_for(machine, "bme680", "has a value", lambda data: "error" not in data)


POLL_SECONDS = 10
PLUGINS_OF_SENSORS = tuple(name.rpartition("/")[2] for name in SENSORS)


def sensors_of(readings: list[dict[str, Any]]) -> set[str]:
    """The sensors that have a value among them."""
    return {reading["sensor_id"] for reading in readings if "error" not in reading["data"]}


def missed_polls(readings: list[dict[str, Any]], sensor: str) -> int:
    """The most polls in a row that left no reading. One with an error counts as a poll: a chip at the far end measures by the
    time of the machine below, and may be late for a plugin that waits by the virtual machine's own time (COUNTED).
    """
    times = [reading["timestamp_ms"] for reading in readings if reading["sensor_id"] == sensor]
    return max(round((later - earlier) / POLL_SECONDS / 1000) - 1 for earlier, later in zip(times, times[1:]))


def test_upgrade(image: Path, far_end: Path, package: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """To the same package with a higher version: configuration, data and approvals stay, and each plugin misses one poll
    at most, by the machine's own time: a busy machine under it does not count.
    """
    newer = with_version(package, "0.1.0+1", tmp_path)
    pack(tmp_path / "parcel.tar", [newer])
    with Machine(image, far_end, tmp_path / "run", new_disk(), tmp_path / "parcel.tar", options=COUNTED) as machine:
        machine.unpack()
        machine.run(f"sed -i 's/^interval_seconds = 2$/interval_seconds = {POLL_SECONDS}/; s/^auto_approve = true$//' {CONFIG} && "
                    "systemctl restart harvester")
        wait_until_up(machine)
        machine.run(f"for name in {' '.join(PLUGINS_OF_SENSORS)}; do harvester plugin approve $name --yes || exit 1; done")
        machine.wait_until("all plugins run", lambda: set(plugin_states(machine).values()) <= {"idle", "calling"})
        first = stored(machine)
        machine.wait_until("each has a reading", lambda: len(sensors_of(stored(machine, first))) >= len(PLUGINS_OF_SENSORS))
        machine.run("echo 'a long password' | harvester user add owner --password-stdin")
        machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /root/{newer.name} 2>&1")
        assert machine.run("dpkg-query -W -f '${Version}' harvester") == "0.1.0+1"
        assert "owner" in machine.run("harvester user list")
        machine.run("harvester user remove owner")
        wait_until_up(machine)
        machine.wait_until("all plugins run", lambda: set(plugin_states(machine).values()) <= {"idle", "calling"})
        before = stored(machine)
        machine.wait_until("each has a reading", lambda: len(sensors_of(stored(machine, before))) >= len(PLUGINS_OF_SENSORS))
        now = stored(machine)
        assert now[:len(before)] == before and before[:len(first)] == first
        missed = {sensor: missed_polls(now[len(first):], sensor) for sensor in sensors_of(now[len(first):])}
        print(missed)
        assert max(missed.values()) <= 1, missed


def test_no_clock_at_boot(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """A board without a battery begins in 1970; the node reads and stores all the same."""
    options = ("-rtc", "base=1970-01-01T00:00:00")
    with Machine(image, far_end, tmp_path / "run", new_disk(), options=options) as machine:
        wait_until_up(machine)
        wait_for(machine, "bme680", "has a value", lambda data: "error" not in data)
        machine.wait_until("readings are stored", lambda: stored(machine))
