"""What happens to a cluster: each fault is drawn, ends after some seconds, and says what it did.

One fault of a voter's board and one of a plain node's may happen at once. Where the latter needs a voter, it takes one that the
former leaves alone (World.reachable()).
"""
import random
import shutil
import signal
import time
from typing import Callable, Iterable

from boards import Board
from cluster_world import NAMES, VOTERS, World
from house import FAKETIME

Fault = Callable[[World, random.Random], str]
MACHINES = {name: i for i, name in enumerate((*VOTERS, *NAMES))}
DATES = (-7200, -60, -5, 5, 60, 7200)


def both_ways(lonely: str, others: Iterable[str]) -> list[tuple[int, int]]:
    """All directions between one board and some others."""
    pairs = [(MACHINES[lonely], MACHINES[other]) for other in others if other != lonely]
    return pairs + [(receiver, sender) for sender, receiver in pairs]


def part(world: World, lonely: str, others: Iterable[str], draw: random.Random) -> str:
    """One board and these others hear nothing of each other."""
    seconds = draw.uniform(1, 12)
    with world.network.losing(both_ways(lonely, others)):
        time.sleep(seconds)
    return f"{lonely} for {seconds:.1f} s"


def slow_line(world: World, name: str, draw: random.Random) -> str:
    """All that one board sends waits in a queue for up to some seconds."""
    rate, seconds = draw.choice((128, 512)), draw.uniform(2, 12)
    with world.network.slow(MACHINES[name], rate):
        time.sleep(seconds)
    return f"{name} with {rate} kbit/s for {seconds:.1f} s"


def lossy_line(world: World, name: str, draw: random.Random) -> str:
    """One board loses packets."""
    percent, seconds = draw.choice((5, 20, 40)), draw.uniform(2, 12)
    with world.network.lossy(MACHINES[name], percent):
        time.sleep(seconds)
    return f"{name} loses {percent} % for {seconds:.1f} s"


def jump_clock(world: World, name: str, draw: random.Random) -> str:
    """A date is wrong for a while, forward or back, and then right."""
    offset, seconds = draw.choice(DATES), draw.uniform(1, 10)
    world.set_clock(name, offset)
    time.sleep(seconds)
    world.set_clock(name, 0)
    return f"{name} by {offset:+d} s for {seconds:.1f} s"


# Of the voters

def kill_server(world: World, draw: random.Random) -> str:
    """SIGKILL, then a start on the same store."""
    name = draw.choice(VOTERS)
    world.server(name).kill()
    time.sleep(draw.uniform(0, 5))
    world.server(name).start()
    return name


def pause_server(world: World, draw: random.Random) -> str:
    """Long enough for an election, or not."""
    name, seconds = draw.choice(VOTERS), draw.uniform(0.5, 12)
    world.server(name).signal(signal.SIGSTOP)
    time.sleep(seconds)
    world.server(name).signal(signal.SIGCONT)
    return f"{name} for {seconds:.1f} s"


def part_server(world: World, draw: random.Random) -> str:
    """From all."""
    name = draw.choice(VOTERS)
    with world.alone(name):
        return part(world, name, MACHINES, draw)


def part_servers(world: World, draw: random.Random) -> str:
    """One of them and the two others hear nothing of each other; the nodes reach all of them."""
    return part(world, draw.choice(VOTERS), VOTERS, draw)


def deafen_server(world: World, draw: random.Random) -> str:
    """One direction between two servers is lost."""
    (sender, receiver), seconds = draw.sample(VOTERS, 2), draw.uniform(1, 12)
    with world.network.losing([(MACHINES[sender], MACHINES[receiver])]):
        time.sleep(seconds)
    return f"{sender} to {receiver} for {seconds:.1f} s"


def deafen_nodes(world: World, draw: random.Random) -> str:
    """No node hears anything of one server, which hears them."""
    server, seconds = draw.choice(VOTERS), draw.uniform(1, 12)
    with world.alone(server), world.network.losing((MACHINES[server], MACHINES[name]) for name in NAMES):
        time.sleep(seconds)
    return f"{server} for {seconds:.1f} s"


def slow_server(world: World, draw: random.Random) -> str:
    """Towards all."""
    name = draw.choice(VOTERS)
    with world.alone(name):
        return slow_line(world, name, draw)


def lossy_server(world: World, draw: random.Random) -> str:
    """From all."""
    name = draw.choice(VOTERS)
    with world.alone(name):
        return lossy_line(world, name, draw)


def jump_server_clock(world: World, draw: random.Random) -> str:
    """The date of one server; the others and the nodes keep theirs."""
    return jump_clock(world, draw.choice(VOTERS), draw)


# Of the nodes

def part_node(world: World, draw: random.Random) -> str:
    """From all; perhaps it leads."""
    return part(world, draw.choice(NAMES), MACHINES, draw)


def part_leader(world: World, draw: random.Random) -> str:
    """Whoever leads is cut off from all."""
    leaders = [name for name in NAMES if world.cluster(name)["leader"]["is_self"]]
    return part(world, leaders[0], MACHINES, draw) if leaders else "nobody leads"


def slow_node(world: World, draw: random.Random) -> str:
    """Towards all."""
    return slow_line(world, draw.choice(NAMES), draw)


def lossy_node(world: World, draw: random.Random) -> str:
    """From all."""
    return lossy_line(world, draw.choice(NAMES), draw)


def jump_node_clock(world: World, draw: random.Random) -> str:
    """The date of one node."""
    return jump_clock(world, draw.choice(NAMES), draw)


def kill_node(world: World, draw: random.Random) -> str:
    """SIGKILL, then a start on the same data folder."""
    name = draw.choice(NAMES)
    world.kill_node(name)
    time.sleep(draw.uniform(0, 3))
    world.start_node(name)
    return name


def pause_node(world: World, draw: random.Random) -> str:
    """Longer than the lease, or not."""
    name, seconds = draw.choice(NAMES), draw.uniform(0.5, 8)
    began = time.monotonic()
    world.nodes[name].process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    world.nodes[name].process.send_signal(signal.SIGCONT)
    world.absences.setdefault(name, []).append((began, time.monotonic()))
    return f"{name} for {seconds:.1f} s"


def leave_and_join(world: World, draw: random.Random) -> str:
    """A node leaves the cluster, measures alone, and joins again with the history that it has."""
    name = draw.choice(NAMES)
    world.kill_node(name)
    left = world.boards[name].run("leave")
    assert left.returncode == 0, left.stderr
    world.start_node(name)
    time.sleep(draw.uniform(0, 5))
    world.kill_node(name)
    with world.reachable(draw.sample(VOTERS, len(VOTERS))) as inviting:
        world.boards[name].join(world.boards[inviting])
    world.start_node(name)
    return f"{name}, invited by {inviting}"


# Of the voters' stores: these can lose what was acknowledged, so that nodes publish it again, later than what followed it.

def replace_voter(world: World, draw: random.Random) -> str:
    """A voter's board is lost, and a new one takes its place."""
    name, inviting = draw.sample(VOTERS, 2)
    old = world.boards[name]
    with world.alone(name, inviting):
        world.server(name).kill()
        if name in world.disks:
            world.disks[name].unmount()
        shutil.rmtree(old.folder)
        new = world.boards[name] = Board(old.folder, name, old.space, old.address)
        new.join(world.boards[inviting], "--voter")
        world.add_disk(name)
        world.server(name).start()
    return f"{name}, invited by {inviting}"


def wipe_server(world: World, draw: random.Random) -> str:
    """Its store is gone, as with a new card."""
    name = draw.choice(VOTERS)
    world.server(name).kill()
    if name in world.disks:
        world.disks[name].unmount()
        world.disks[name].make()
    else:
        world.server(name).forget()
    world.server(name).start()
    return name


def cut_power(world: World, draw: random.Random) -> str:
    """A server's board loses its power: its store has what was flushed, and nothing else."""
    return cut_power_of(world, [draw.choice(VOTERS)])


def cut_all_power(world: World, _draw: random.Random) -> str:
    """All boards lose it at once."""
    return cut_power_of(world, list(VOTERS))


def cut_power_of(world: World, names: list[str]) -> str:
    """The stores are seen at one moment."""
    for name in names:
        world.server(name).signal(signal.SIGSTOP)
    kept = {name: world.disks[name].remember() for name in names}
    for name in names:
        world.server(name).kill()
        world.disks[name].go_back(kept[name])
        world.server(name).start()
    return " ".join(names)


def fill_disk(world: World, draw: random.Random) -> str:
    """A server's disk is full for a while."""
    name, seconds = draw.choice(VOTERS), draw.uniform(2, 10)
    weight = world.server(name).folder / "store" / "weight"
    with open(weight, "wb") as file:
        try:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        except OSError:
            pass
    time.sleep(seconds)
    weight.unlink()
    # A server whose disk was full leaves JetStream off until it is started again, as a service is by hand.
    world.server(name).kill()
    world.server(name).start()
    return f"{name} for {seconds:.1f} s"


def flip_bit(world: World, draw: random.Random) -> str:
    """In a file of messages of one server."""
    name = draw.choice(VOTERS)
    world.server(name).kill()
    blocks = sorted(path for path in (world.server(name).folder / "store").rglob("*.blk") if path.stat().st_size)
    if blocks:
        path = draw.choice(blocks)
        data = bytearray(path.read_bytes())
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
    world.server(name).start()
    return name


def of_voters(world: World) -> list[Fault]:
    """Faults of the voters' boards that lose nothing that a server has flushed."""
    return [kill_server, pause_server, part_server, part_servers, deafen_server, deafen_nodes, slow_server, lossy_server,
            *([jump_server_clock] if world.jumping else [])]


def of_stores(world: World) -> list[Fault]:
    """Those of the voters' stores."""
    return [replace_voter, wipe_server, flip_bit, *([cut_power, cut_all_power, fill_disk] if world.disks else [])]


def of_nodes() -> list[Fault]:
    """Faults of the plain nodes' boards."""
    return [part_node, part_leader, slow_node, lossy_node, kill_node, pause_node, leave_and_join,
            *([jump_node_clock] if FAKETIME else [])]
