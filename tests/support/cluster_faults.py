"""What happens to a cluster: each fault is drawn, ends after some seconds, and says what it did."""
import random
import shutil
import signal
import time
from typing import Callable

from boards import Board
from cluster_world import NAMES, VOTERS, World
from house import FAKETIME

Fault = Callable[[World, random.Random], str]
MACHINES = {name: i for i, name in enumerate((*VOTERS, *NAMES))}


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


def part(world: World, lonely: str, draw: random.Random) -> str:
    """One board and all others hear nothing of each other."""
    seconds = draw.uniform(1, 12)
    for other in set(MACHINES.values()) - {MACHINES[lonely]}:
        world.network.lose(MACHINES[lonely], other)
        world.network.lose(other, MACHINES[lonely])
    time.sleep(seconds)
    world.network.heal()
    return f"{lonely} for {seconds:.1f} s"


def part_server(world: World, draw: random.Random) -> str:
    """From all."""
    return part(world, draw.choice(VOTERS), draw)


def part_node(world: World, draw: random.Random) -> str:
    """From all; perhaps it leads."""
    return part(world, draw.choice(NAMES), draw)


def part_leader(world: World, draw: random.Random) -> str:
    """Whoever leads is cut off from all."""
    leaders = [name for name in NAMES if world.cluster(name)["leader"]["is_self"]]
    return part(world, leaders[0], draw) if leaders else "nobody leads"


def part_servers(world: World, draw: random.Random) -> str:
    """One of them and the two others hear nothing of each other; the nodes reach all of them."""
    lonely, seconds = draw.randrange(3), draw.uniform(1, 12)
    for other in {0, 1, 2} - {lonely}:
        world.network.lose(lonely, other)
        world.network.lose(other, lonely)
    time.sleep(seconds)
    world.network.heal()
    return f"{VOTERS[lonely]} for {seconds:.1f} s"


def deafen_server(world: World, draw: random.Random) -> str:
    """One direction between two servers is lost."""
    (sender, receiver), seconds = draw.sample(range(3), 2), draw.uniform(1, 12)
    world.network.lose(sender, receiver)
    time.sleep(seconds)
    world.network.heal()
    return f"{VOTERS[sender]} to {VOTERS[receiver]} for {seconds:.1f} s"


def deafen_nodes(world: World, draw: random.Random) -> str:
    """No node hears anything of one server, which hears them."""
    server, seconds = draw.choice(VOTERS), draw.uniform(1, 12)
    for name in NAMES:
        world.network.lose(MACHINES[server], MACHINES[name])
    time.sleep(seconds)
    world.network.heal()
    return f"{server} for {seconds:.1f} s"


def slow_line(world: World, draw: random.Random) -> str:
    """All that one board sends waits in a queue for up to some seconds."""
    name, rate, seconds = draw.choice((*VOTERS, *NAMES)), draw.choice((128, 512)), draw.uniform(2, 15)
    world.network.delay(MACHINES[name], rate)
    time.sleep(seconds)
    world.network.heal()
    return f"{name} with {rate} kbit/s for {seconds:.1f} s"


def lossy_line(world: World, draw: random.Random) -> str:
    """One board loses packets."""
    name, percent, seconds = draw.choice((*VOTERS, *NAMES)), draw.choice((5, 20, 40)), draw.uniform(2, 15)
    world.network.lose_some(MACHINES[name], percent)
    time.sleep(seconds)
    world.network.heal()
    return f"{name} loses {percent} % for {seconds:.1f} s"


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
    world.pauses.setdefault(name, []).append((began, time.monotonic()))
    return f"{name} for {seconds:.1f} s"


def jump_clock(world: World, draw: random.Random) -> str:
    """A node's date is wrong for a while, forward or back, and then right."""
    name, offset, seconds = draw.choice(NAMES), draw.choice((-7200, -60, -5, 5, 60, 7200)), draw.uniform(1, 10)
    world.clock_file(name).write_text(f"{offset:+d}")
    time.sleep(seconds)
    world.clock_file(name).write_text("+0")
    return f"{name} by {offset:+d} s for {seconds:.1f} s"


def leave_and_join(world: World, draw: random.Random) -> str:
    """A node leaves the cluster, measures alone, and joins again with the history that it has."""
    name = draw.choice(NAMES)
    world.kill_node(name)
    left = world.boards[name].run("leave")
    assert left.returncode == 0, left.stderr
    world.start_node(name)
    time.sleep(draw.uniform(0, 5))
    world.kill_node(name)
    world.boards[name].join(world.boards[draw.choice(VOTERS)])
    world.start_node(name)
    return name


# These can lose what was acknowledged, so that nodes publish it again, later than what followed it.

def replace_voter(world: World, draw: random.Random) -> str:
    """A voter's board is lost, and a new one takes its place."""
    name, inviting = draw.sample(VOTERS, 2)
    old = world.boards[name]
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


def of_lines_and_processes() -> list[Fault]:
    """Faults that lose nothing that a server has flushed."""
    return [kill_server, pause_server, part_server, part_node, part_leader, part_servers, deafen_server, deafen_nodes,
            slow_line, lossy_line, kill_node, pause_node, leave_and_join, *([jump_clock] if FAKETIME else [])]


def of_all_kinds(world: World) -> list[Fault]:
    """With those of the servers' stores."""
    return [*of_lines_and_processes(), replace_voter, wipe_server, flip_bit,
            *([cut_power, cut_all_power, fill_disk] if world.disks else [])]
