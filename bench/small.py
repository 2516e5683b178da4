"""An hour in a control group of 96 MB and a fifth of a core: broker, an open page and 3 plugins polled once a second.

The group's own memory counts: what the processes have written, and the pages of files that they were the first to read, which
the kernel takes back where memory is short. It needs root and control groups of version 1.
"""
import contextlib
import os
import pathlib
import shutil
import threading
import time
import urllib.request
from typing import Iterator

from node import ROOT, Node
from report import Bench, Figure

MEMORY_MB = 96
CORE_SHARE = 0.2
SECONDS, QUICK_SECONDS = 3600.0, 30.0
LOOKS = 20
PERIOD_US = 100_000
SHARES = "100000"  # of 1,024 that others have: a busy machine does not take its fifth away
GROUPS = pathlib.Path("/sys/fs/cgroup")
PLUGINS = {name: ROOT / "plugins" / name for name in ("bh1750", "bme680", "dht22", "dashboard")}
# The shell that becomes the broker enters the group, and gets a copy of the programs whose pages are the group's.
ENTER = 'group=$1 from=$2 to=$3; shift 3; for kind in cpu cpuacct memory; do echo $$ >/sys/fs/cgroup/$kind/$group/tasks; done; ' \
        'cp -r "$from"/harvester "$from"/harvester-guest "$from"/*.cwasm "$to" && exec "$@"'


@contextlib.contextmanager
def control_group(name: str) -> Iterator[dict[str, pathlib.Path]]:
    """Controller: its folder, with the limits set. The group has to be empty at the end."""
    folders = {kind: GROUPS / kind / name for kind in ("cpu", "cpuacct", "memory")}
    if os.geteuid() != 0 or not all(folder.parent.is_dir() for folder in folders.values()):
        raise RuntimeError("the part small needs root and control groups of version 1 in /sys/fs/cgroup")
    for folder in folders.values():
        folder.mkdir()
    try:
        (folders["memory"] / "memory.limit_in_bytes").write_text(str(MEMORY_MB << 20))
        (folders["cpu"] / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (folders["cpu"] / "cpu.cfs_quota_us").write_text(str(int(CORE_SHARE * PERIOD_US)))
        (folders["cpu"] / "cpu.shares").write_text(SHARES)
        yield folders
    finally:
        for folder in folders.values():
            folder.rmdir()


def counters(file: pathlib.Path) -> dict[str, int]:
    """A file of lines with a name and a number."""
    return {name: int(number) for name, number in (line.split() for line in file.read_text().splitlines())}


def watch(address: str) -> None:
    """What an open page does: it loads, and then takes every event until the node ends."""
    with contextlib.suppress(OSError):
        for path in ("/", "/api/v1/readings", "/api/v1/plugins"):
            urllib.request.urlopen(address + path, timeout=30).read()
        with urllib.request.urlopen(address + "/api/v1/events", timeout=60) as events:
            for _ in events:
                pass


def lost_readings(node: Node) -> int:
    """Polls without a reading in the history. Both counters go on meanwhile, so the least of some looks counts."""
    def look() -> int:
        history, plugins = node.get("/api/v1/history/status"), node.get("/api/v1/plugins")
        return sum(plugin["polls"] for plugin in plugins) - history["committed"] - history["pending"]
    return min(abs(look()) for _ in range(LOOKS))


class Hour:
    """What the node did and used in it."""

    def __init__(self, node: Node, group: dict[str, pathlib.Path], seconds: float) -> None:
        used = group["cpuacct"] / "cpuacct.usage"
        began, before, self.own = time.monotonic(), int(used.read_text()), 0.0
        while time.monotonic() < began + seconds:
            self.own = max(self.own, counters(group["memory"] / "memory.stat")["total_rss"] / 2**20)
            time.sleep(1)
        self.core = (int(used.read_text()) - before) / 1e7 / (time.monotonic() - began)
        plugins = node.get("/api/v1/plugins")
        self.polls, self.late, self.errors, self.restarts = (
            sum(plugin[key] for plugin in plugins) for key in ("polls", "late_polls", "errors", "restarts"))
        self.lost = lost_readings(node)
        self.highest = int((group["memory"] / "memory.max_usage_in_bytes").read_text()) / 2**20
        self.kills = counters(group["memory"] / "memory.oom_control")["oom_kill"]
        throttled = counters(group["cpu"] / "cpu.stat")
        self.throttled = 100 * throttled["nr_throttled"] / max(1, throttled["nr_periods"])


def one_hour(bench: Bench) -> Hour:
    """A node in a group of its own, with a page open."""
    name, copy = f"harvester-small-{os.getpid()}", bench.folder / "small"
    copy.mkdir()
    with control_group(name) as group:
        enter = ("/bin/sh", "-ec", ENTER, "sh", name, str(bench.build), str(copy))
        with Node(bench, PLUGINS, 1.0, before=enter, program=copy / "harvester") as node:
            node.wait_for("first readings", lambda: node.get("/api/v1/history/status")["committed"] >= len(PLUGINS))
            threading.Thread(target=watch, args=(node.address(),), daemon=True).start()
            return Hour(node, group, QUICK_SECONDS if bench.quick else SECONDS)


def measure(bench: Bench) -> list[Figure]:
    """One run: it takes an hour."""
    hour = one_hour(bench)
    return [Figure("polls", "polls", [hour.polls]),
            Figure("polls that came an interval late", "polls", [hour.late], 0),
            Figure("polls that failed", "polls", [hour.errors], 0),
            Figure("readings that the history has not", "readings", [hour.lost], 0),
            Figure("restarts of plugins, and processes that the kernel ended", "times", [hour.restarts + hour.kills], 0),
            Figure("memory of the group, at its highest", "MB", [hour.highest], MEMORY_MB,
                   note="with the files' pages, for which the kernel uses what is left"),
            Figure("of that what the processes have written, at its highest", "MB", [hour.own]),
            Figure("CPU", "% of a core", [hour.core], 100 * CORE_SHARE),
            Figure("periods of 100 ms in which the group had used up its share", "%", [hour.throttled],
                   note="the start included")]
