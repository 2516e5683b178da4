"""A roll-out to twenty real nodes: three on which the version fails, five that are away, and a hub that is killed.

HARVESTER_NODES says how many nodes there are, at least 12.
"""
import os
import random
import time
from pathlib import Path

from bundles import Key, write_plugin
from node import command
from rollouts import House

NODES = int(os.environ.get("HARVESTER_NODES", "20"))
SECONDS = 300.0  # for the whole of a roll-out on a machine that does other things too
FAILS = {"permissions": {"auto_approve": True}, "plugins.lamp.settings": {"fails": True}}
PLUGIN = """import json

from wit_world.imports import settings

FAILS = json.loads(settings.get_all()).get("fails")


def poll():
    if FAILS and VERSION > 1:
        raise ValueError("this node cannot run it")
    return {"value": VERSION}
"""


def bundle(folder: Path, key: Key, version: int) -> Path:
    """Which fails on some nodes from version 2 on."""
    plugin = write_plugin(folder / str(version) / "lamp", f"VERSION = {version}\n" + PLUGIN, "",
                          f'version = "{version}.0"\ncounter = {version}\n')
    path = folder / f"lamp-{version}.bundle"
    assert command("bundle", "build", plugin, "-o", path).returncode == 0
    key.sign(path)
    return path


def memory_kb(pid: int) -> int:
    """The proportional share of a process."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def test_many_nodes(tmp_path: Path) -> None:
    """All that can run the new version do; those on which it fails run the old one; the hub's truth is that of the nodes."""
    seed = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {seed}")
    names = tuple(f"node{i:02}" for i in range(NODES))
    # Not the first group, and not so much of the second that it cannot reach its quota.
    failing = random.Random(seed).sample(names[1:], 3)
    away = random.Random(seed).sample([name for name in names[6:] if name not in failing], 5)
    key = Key(tmp_path, "author")
    house = House(tmp_path, key, names)
    house.changes = {name: FAILS for name in failing}
    try:
        house.start("hub")
        for name in names:
            house.start(name)
        house.all_know()
        house.order("start", bundle(tmp_path, key, 1), "--all", "--groups", "rest")
        house.hub.wait_until("version 1 is everywhere", lambda: house.rollout()["state"] == "done", SECONDS)
        for name in away:
            house.stop(name)
        begin = time.monotonic()
        house.order("start", bundle(tmp_path, key, 2), "--all", "--groups", "1,25%,rest", "--success", "40%", "--pause-on", "4")
        house.hub.wait_until("some have it", lambda: [*house.states().values()].count("good") >= 3, SECONDS)
        house.kill("hub")
        house.start("hub")
        expected = {**{name: "good" for name in names}, **{name: "rolled back" for name in failing},
                    **{name: "pending" for name in away}}
        house.hub.wait_until("those that are here have finished", lambda: all(
            house.states()[name] == expected[name] for name in names if name not in away), SECONDS)
        for name in away:
            house.start(name)
        house.wait_for_state("done", SECONDS)
        expected.update({name: "good" for name in away})
        assert house.states() == expected, f"seed {seed}"
        print(f"{NODES} nodes, 3 failing, 5 away, hub killed once: {time.monotonic() - begin:.1f} s; "
              f"hub {memory_kb(house.hub.process.pid)} kB, a node {memory_kb(house.running[away[0]].process.pid)} kB")
        for name, value in ((name, 1 if name in failing else 2) for name in names):
            house.running[name].wait_for_data("lamp", f"is {value}", lambda data, value=value: data.get("value") == value)
        once = [node["bytes"] for node in house.rollout()["nodes"]]
        assert max(once) == house.rollout()["size"], once
    finally:
        for name in [*house.running]:
            house.running.pop(name).__exit__(RuntimeError)
