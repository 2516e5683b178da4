"""Memory of guests and of the broker levels off: see tools/soak-memory for the long form."""
from pathlib import Path
from typing import Callable

import growth
from node import Harvester, Sections

Start = Callable[..., Harvester]

FAST: Sections = {"polling": {"interval_seconds": 0.005, "deadline_seconds": 60},
                  "logging": {"show_sensor_data": False}}
# Polls after which to look first (what a guest shares with the template until it writes to it is its
# own by then), and further calls after which to look again.
FIRST_POLLS, CALLS = 100, 9_000
LEAK = 8  # bytes a call; the smallest block of the sandbox's allocator has 16
SOME_KINDS = ("state-set", "state-keys", "i2c-text-write", "i2c-read", "log-line")


def test_host_calls_leak_nothing(start: Start, plugins: Path) -> None:
    """Bytes, empty bytes and empty results cross between Python and the host and are freed."""
    works = {name: growth.WORKS[name] for name in SOME_KINDS}
    for name, work in works.items():
        work.write(plugins, name)
    node = start(FAST)
    node.wait_until("all run", lambda: len(node.all_plugins()) == len(works))

    def reach(what: str, calls: dict[str, int]) -> dict[str, growth.Sample]:
        def look() -> dict[str, growth.Sample] | None:
            found = node.all_plugins()
            done = {name: work.count(found[name]) for name, work in works.items()}
            if any(done[name] < calls[name] for name in works):
                return None
            return {name: (done[name], growth.private_bytes(found[name]["pid"])) for name in works}
        return node.wait_until(f"each has made {what}", look, 200)
    first = reach(f"{FIRST_POLLS} polls", {name: FIRST_POLLS * work.per_poll
                                           for name, work in works.items()})
    last = reach(f"{CALLS} calls more", {name: count + CALLS for name, (count, _) in first.items()})
    leaks = {name: (last[name][1] - first[name][1]) / (last[name][0] - first[name][0])
             for name in works}
    assert all(leak < LEAK for leak in leaks.values()), leaks


def test_level_needs_the_whole_interval_below_the_bound() -> None:
    """The verdict of tools/soak-memory: noise is no excuse."""
    flat = [(calls, 2_000_000) for calls in range(0, 1_000_000, 10_000)]
    assert growth.growth(flat).is_level
    noisy = [(calls, size + 500_000 * (i % 2)) for i, (calls, size) in enumerate(flat)]
    found = growth.growth(noisy)
    assert found.slope - found.margin < found.bound < found.slope + found.margin
    assert not found.is_level
    assert not growth.growth([(calls, size + calls // 5) for calls, size in flat]).is_level

LARGE = """
from wit_world.imports import state
from componentize_py_types import Err

CALLS = 6000

def poll():
    refused = 0
    for number in range(CALLS):
        try:
            state.set("key", bytes([number % 251]) * 16384)
        except Err:
            refused += 1
    return {"calls": CALLS, "refused": refused}
"""


def test_large_arguments_of_one_call_do_not_add_up(start: Start, plugins: Path) -> None:
    """6,000 values of 16 kB in one call, most of them refused, are more than the plugin's memory."""
    (plugins / "large.py").write_text(LARGE)
    node = start({"polling": {"interval_seconds": 0.5, "deadline_seconds": 60}})
    node.wait_until("it has polled", lambda: node.plugin("large").get("polls", 0) > 1, 120)
    plugin = node.plugin("large")
    assert (plugin["errors"], plugin["restarts"]) == (0, 0), node.tail(str(plugin))
    data = node.data("large")
    assert data["calls"] == 6000 and data["refused"] > 5000
