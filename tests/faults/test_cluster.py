"""A cluster under random faults: three voters and three plain nodes in network namespaces, and a checker (cluster_checks.py).

Two faults happen at a time, one of a voter's board and one of a plain node's. The dates of nodes jump by libfaketime, those of
servers by a package `time` of their own (tools/build-jumping-server).

HARVESTER_SEED repeats the draws of a run, HARVESTER_FAULTS says how many faults there are.
"""
import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cluster_checks import judge_commands, judge_effects, judge_order, judge_readings, judge_terms
from cluster_faults import Fault, of_nodes, of_stores, of_voters
from cluster_world import MACHINES, NAMES, Watch, World
from nats_servers import program
from networks import Network, are_possible

pytestmark = pytest.mark.skipif(not program().exists() or not are_possible(),
                                reason="needs nats-server and nftables (tools/setup-cluster), and root for network namespaces")

FAULTS = int(os.environ.get("HARVESTER_FAULTS", "10"))
SEED = int(os.environ.get("HARVESTER_SEED", "0")) or random.randrange(1, 1 << 30)
# For all to be well again after the last fault: elections, the servers' own repair, and the nodes' catching up.
HEALING = 180.0


class Row:
    """Numbers for faults, from 1 on, which several threads take."""

    def __init__(self, count: int) -> None:
        """As many as that."""
        self.lock, self.next, self.count = threading.Lock(), 1, count

    def take(self) -> int:
        """The next number; 0 if no fault is left."""
        with self.lock:
            number = self.next if self.next <= self.count else 0
            self.next += 1
            return number

    def end(self) -> None:
        """There are no more."""
        self.count = 0


def happen(world: World, row: Row, name: str, faults: list[Fault]) -> None:
    """Faults, one after the other, with times between them in which not all is well yet."""
    draw = random.Random(f"{SEED} {name}")
    try:
        while number := row.take():
            fault, began = draw.choice(faults), time.monotonic()
            done = fault(world, draw)
            print(f"{number}: {fault.__name__} {done} (from {began:.1f} to {time.monotonic():.1f} s)", flush=True)
            time.sleep(draw.uniform(0, 3))
    finally:
        row.end()


def happen_side_by_side(world: World, count: int, is_with_stores: bool) -> None:
    """At the voters and at the plain nodes; together as many as that."""
    row, began = Row(count), time.monotonic()
    at_voters = of_voters(world) + (of_stores(world) if is_with_stores else [])
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(happen, world, row, "voters", at_voters), pool.submit(happen, world, row, "nodes", of_nodes())]
    for each in runs:
        each.result()
    print(f"{count} faults took {time.monotonic() - began:.0f} s")


def missing(world: World, own: dict[str, dict[tuple[str, int], object]]) -> list[str]:
    """Of these readings of each node, those that others or the log have not."""
    log: dict[str, dict[tuple[str, int], object]] = {name: {} for name in NAMES}
    for message in world.log():
        for reading in message["readings"]:
            if reading["sensor"] == "counter":
                key = (message["stream"], reading["sequence"])
                assert log[message["node"]].setdefault(key, reading["data"]) == reading["data"], "one name, two readings"
    found = [f"the log, of {name}: {text}" for name in NAMES for text in judge_readings(own[name], log[name])]
    return found + [f"{other}, of {name}: {text}" for name in NAMES for other in NAMES if other != name
                    for text in judge_readings(own[name], world.history(other, name))]


def wait_until_healed(world: World) -> None:
    """All nodes reach the log, and what each has measured until then is everywhere."""
    deadline = time.monotonic() + HEALING
    own = {name: world.history(name, name) for name in NAMES}
    while problems := missing(world, own) if world.is_well() else ["not all nodes are ready"]:
        assert time.monotonic() < deadline, "\n".join(
            [*problems, json.dumps({name: world.cluster(name) for name in NAMES})])
        time.sleep(0.5)
    for name in NAMES:
        assert len(own[name]) > 10, world.nodes[name].tail("it measured nothing")


def has_what_is_judged(world: World, watch: Watch) -> bool:
    """A look at the leaders, a notice, and a command that was carried out: few faults may end before there was any."""
    return bool(watch.samples and world.effects) and any(command.told == "done" for command in watch.commands)


def run(folder: Path, count: int, is_with_stores: bool) -> None:
    """The whole of it."""
    print(f"seed {SEED}")
    with Network(MACHINES) as network:
        world = World(folder, network)
        watch = Watch(world)
        try:
            world.make()
            watch.start()
            happen_side_by_side(world, count, is_with_stores)
            wait_until_healed(world)
            deadline = time.monotonic() + HEALING
            while not has_what_is_judged(world, watch) and time.monotonic() < deadline:
                time.sleep(0.5)
            watch.end()
            order = judge_order(world.log())
            print({name: world.cluster(name)["read"] | world.cluster(name)["published"] for name in NAMES})
        finally:
            watch.end()
            world.end()
        told = Counter(command.told for command in watch.commands)
        terms = {effect.term for effect in world.effects}
        print(f"{len(watch.samples)} samples of leaders, {len({sample.term for sample in watch.samples})} terms; "
              f"{len(world.effects)} webhooks of {len(terms)} terms; commands: {dict(told)}; "
              f"{len(order)} readings came late in the log")
        assert has_what_is_judged(world, watch), "nothing happened that could be judged"
        assert not judge_terms(watch.samples)
        assert not judge_effects(world.effects, world.absences)
        assert not judge_commands(watch.commands, world.carried_out())
        assert is_with_stores or not order, order[:10]


def test_faults_of_lines_and_processes(tmp_path: Path) -> None:
    """Nothing that was measured is lost or doubled, there is never more than one leader, and the log is in order."""
    run(tmp_path, FAULTS // 5, False)


def test_faults_of_all_kinds(tmp_path: Path) -> None:
    """The same, but what a server lost comes into the log again, later than what followed it."""
    run(tmp_path, FAULTS - FAULTS // 5, True)
