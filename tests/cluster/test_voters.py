"""`harvester cluster voters`: the number of a cluster's voters changes, and no reading is lost."""
import json
from pathlib import Path

import pytest
from boards import Board
from cluster_readings import cluster, logged, measured
from nats_servers import program
from node import Harvester

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

CHANGE = 90.0  # for servers to find each other, elect, and copy the log


def start_again(board: Board) -> None:
    """Its server, as the printed line does."""
    assert board.server
    board.server.kill()
    board.server.start()
    board.server.wait()


def add_voters(inviting: Board, folder: Path, *names: str) -> list[Board]:
    """New boards that are voters, with their servers."""
    boards = [Board(folder / name, name) for name in names]
    for board in boards:
        board.join(inviting, "--voter")
        assert board.server
        board.server.start()
    return boards


def wait_for_servers(node: Harvester, *names: str) -> None:
    """All of these have the log, and no others are asked to."""
    def are_there() -> bool:
        now = cluster(node)
        servers = now["servers"]["servers"] if now["state"] == "ready" else []
        return sorted(server["name"] for server in servers if server["current"]) == sorted(names) and len(servers) == len(names)
    node.wait_until(f"the log is on {names}", are_there, CHANGE)


def wait_until_all_is_kept(one: Harvester, plain: Harvester) -> None:
    """What the plain member has measured until now is in the log and with the other one."""
    plain.wait_until("it has measured more", lambda: len(measured(plain, "garden")) > 10)
    own = measured(plain, "garden")
    one.wait_until("the log has all of garden", lambda: own <= logged(one, "garden"), CHANGE)
    one.wait_until("attic has all of garden", lambda: own <= measured(one, "garden"), CHANGE)


def change(attic: Board, *words: str) -> str:
    """What the command prints."""
    done = attic.run("voters", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_from_one_voter_to_five_and_back(tmp_path: Path) -> None:
    """A plain member runs through all of it, and keeps its first configuration."""
    attic, garden = Board(tmp_path / "attic", "attic"), Board(tmp_path / "garden", "garden")
    attic.init("home")
    garden.join(attic)
    servers = [attic]
    try:
        start_again(attic)
        with garden.node() as plain:
            with attic.node() as one:
                wait_for_servers(one)
                wait_until_all_is_kept(one, plain)
            printed = change(attic, "3")
            assert "sudo systemctl restart harvester-nats.service" in printed and "invite 2 more" in printed
            start_again(attic)
            with attic.node() as one:
                cellar, shed = add_voters(attic, tmp_path, "cellar", "shed")
                servers += [cellar, shed]
                wait_for_servers(one, "attic", "cellar", "shed")
                wait_until_all_is_kept(one, plain)
            assert "systemctl" not in change(attic, "5")
            with attic.node() as one:
                loft, porch = add_voters(attic, tmp_path, "loft", "porch")
                servers += [loft, porch]
                wait_for_servers(one, "attic", "cellar", "loft", "porch", "shed")
                wait_until_all_is_kept(one, plain)
            # One of those who go is dead, the other one lives.
            assert shed.server and loft.server and cellar.server and porch.server
            shed.server.kill()
            assert "on loft, if it lives: harvester cluster leave" in change(attic, "3", "shed", "loft")
            assert loft.run("leave").returncode == 0
            loft.server.kill()
            with attic.node() as one:
                wait_for_servers(one, "attic", "cellar", "porch")
                # Of five, two would be no majority.
                cellar.server.kill()
            with attic.node() as one:
                one.wait_until("it is ready", lambda: cluster(one)["state"] == "ready", CHANGE)
                wait_until_all_is_kept(one, plain)
                cellar.server.start()
                wait_for_servers(one, "attic", "cellar", "porch")
            printed = change(attic, "1", "cellar", "porch")
            assert "sudo systemctl restart" in printed and "warning" not in printed
            # Two that run would be a majority, and a cluster of their own.
            for server in (cellar.server, porch.server):
                plain.wait_until("it stores nothing any more", lambda server=server: "JetStream being DISABLED, our server "
                                 "was removed from the cluster" in server.log(), CHANGE)
                server.kill()
            start_again(attic)
            with attic.node() as one:
                one.wait_until("it is ready", lambda: cluster(one)["state"] == "ready", CHANGE)
                wait_until_all_is_kept(one, plain)
    finally:
        for board in servers:
            if board.server:
                board.server.kill()


def test_one_of_three_goes_on_alone(tmp_path: Path) -> None:
    """The two others are dead, so nobody can be asked."""
    attic = Board(tmp_path / "attic", "attic")
    attic.init("home", "--voters", "3")
    for name in ("cellar", "shed"):
        Board(tmp_path / name, name).join(attic, "--voter")
    printed = change(attic, "1", "cellar", "shed")
    assert "warning: cannot remove the server of cellar" in printed and "sudo systemctl restart" in printed
    start_again(attic)
    assert attic.server
    try:
        with attic.node() as one:
            one.wait_until("it is ready", lambda: cluster(one)["state"] == "ready", CHANGE)
            one.wait_until("it publishes", lambda: len(logged(one, "attic")) > 10, CHANGE)
    finally:
        attic.server.kill()


def test_a_change_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """And nothing is written."""
    attic, garden = Board(tmp_path / "attic", "attic"), Board(tmp_path / "garden", "garden")
    attic.init("home", "--voters", "3")
    Board(tmp_path / "cellar", "cellar").join(attic, "--voter")
    garden.join(attic)
    before = {path: path.read_bytes() for path in (attic.data / "cluster").iterdir() if path.is_file()}
    for words, problem in ((["2"], "1, 3 or 5 voters, not 2"), (["many"], "1, 3 or 5 voters"),
                           (["1"], "name the 1 that are to be voters no longer"),
                           (["1", "attic"], "attic is this board"), (["3", "garden"], "garden is no voter of this cluster"),
                           (["3", "cellar", "cellar"], "cellar is named twice"),
                           (["3", "cellar"], "more than half of the servers have to run")):
        done = attic.run("voters", *words)
        assert done.returncode == 1 and problem in done.stderr, done
    assert "only a voter of a cluster can" in garden.run("voters", "3").stderr
    assert before == {path: path.read_bytes() for path in before}
    path = attic.data / "cluster" / "authority.json"
    authority = json.loads(path.read_text())
    del authority["system"]["seed"]
    path.write_text(json.dumps(authority))
    assert "made by an older version of harvester" in attic.run("voters", "3", "cellar").stderr
