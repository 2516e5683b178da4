"""`harvester cluster init`, `invite`, `join`, `leave`, `backup`: clusters whose every file these commands wrote."""
import json
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from cluster_readings import cluster
from boards import Board, Boards, Invitation
from nats_servers import program
from node import Harvester

pytestmark = pytest.mark.skipif(not program().exists(), reason="tools/setup-cluster has not built nats-server")

FAILOVER = 60.0
CONNECTIONS = 80  # more than welcome.c has places for


def wait_ready(node: Harvester) -> None:
    """Until the log can be read and written."""
    node.wait_until("the cluster is ready", lambda: cluster(node)["state"] == "ready", FAILOVER)


def has_readings(node: Harvester, other: str) -> bool:
    """Whether it knows what another node measured."""
    return any(reading["sensor_id"] == f"{other}:counter" for reading in node.get_json("/api/v1/readings")["readings"])


def test_three_boards_and_a_plain_one(tmp_path: Path) -> None:
    """One line on each board makes a cluster; a dead voter's place is taken by a new board with one command."""
    with Boards(tmp_path) as boards:
        attic, _, shed = boards
        garden = Board(tmp_path / "garden", "garden")
        garden.join(attic)
        assert not (garden.data / "cluster" / "authority.json").exists()
        for path in [path for board in (*boards, garden) for path in (board.data / "cluster").iterdir() if path.is_file()]:
            assert path.stat().st_mode & 0o077 == 0 or path.name == "log", path
        with attic.node() as one, garden.node() as plain:
            wait_ready(one)
            wait_ready(plain)
            assert cluster(plain)["node"] == "garden" and cluster(plain)["name"] == "home"
            plain.wait_until("it has readings of attic", lambda: has_readings(plain, "attic"))
            one.wait_until("it has readings of garden", lambda: has_readings(one, "garden"))
            assert {server["name"] for server in cluster(one)["servers"]["servers"]} == {"attic", "cellar", "shed"}
            assert shed.server
            shed.server.kill()
            shutil.rmtree(shed.folder)
            new = Board(tmp_path / "new", "shed")
            new.join(attic, "--voter")
            assert new.server
            boards[2] = new
            new.server.start()

            def is_whole() -> bool:
                servers = cluster(one)["servers"]["servers"]
                return {server["name"] for server in servers if server["current"]} == {"attic", "cellar", "shed"}
            one.wait_until("the new board's server has the log", is_whole, FAILOVER)


def test_an_invitation_is_for_one_board_and_one_secret(tmp_path: Path) -> None:
    """A wrong secret, another server's pin, a second use, too many attempts, and no arrival."""
    attic = Board(tmp_path / "attic", "attic")
    attic.init("home")
    garden, thief = Board(tmp_path / "garden", "garden"), Board(tmp_path / "thief", "garden")
    with Invitation(attic, "garden") as invitation:
        head, _, tail = invitation.line.partition("&secret=")
        wrong = head + "&secret=" + "A" * 43 + "&" + tail.partition("&")[2]
        for _ in range(4):
            done = thief.run("join", wrong)
            assert done.returncode == 1 and "secret is wrong" in done.stderr
        pin = invitation.line.partition("sha256//")
        done = thief.run("join", pin[0] + pin[1] + "A" * 43 + "=")
        assert done.returncode == 1 and "is not the one that invited this board" in done.stderr
        assert not (thief.data / "cluster").exists()
        assert garden.run("join", invitation.line).returncode == 0
        assert invitation.wait()[0] == 0
        done = thief.run("join", invitation.line)
        assert done.returncode == 1 and "cannot reach" in done.stderr
        done = garden.run("join", invitation.line)
        assert done.returncode == 1 and "is a member of the cluster home already" in done.stderr
    with Invitation(attic, "porch") as invitation:
        wrong = invitation.line.replace("&secret=", "&secret=A", 1)
        assert "part secret is unknown or wrong" in thief.run("join", wrong).stderr
        head, _, tail = invitation.line.partition("&secret=")
        for _ in range(5):
            thief.run("join", head + "&secret=" + "A" * 43 + "&" + tail.partition("&")[2])
        code, errors = invitation.wait()
        assert code == 1 and "5 wrong secrets were tried" in errors
    with Invitation(attic, "porch", "--duration", "0.5") as invitation:
        code, errors = invitation.wait()
        assert code == 1 and "porch did not come in time" in errors


def test_silent_connections_do_not_keep_the_board_out(tmp_path: Path) -> None:
    """Another machine opens all the connections that it can to the board that invites, and says nothing."""
    attic, garden = Board(tmp_path / "attic", "attic"), Board(tmp_path / "garden", "garden")
    attic.init("home")
    host, _, port = attic.address.partition(":")
    with ExitStack() as silent:
        invitation = silent.enter_context(Invitation(attic, "garden"))
        for _ in range(CONNECTIONS):
            silent.enter_context(socket.create_connection((host, int(port) + 1), source_address=("127.0.0.2", 0)))
        done = garden.run("join", invitation.line)
        assert done.returncode == 0, done.stderr
        assert invitation.wait()[0] == 0


def test_who_may_not_invite_or_be_invited(tmp_path: Path) -> None:
    """Names that do not fit, one voter too many, a board without the keys; and what `leave` and `backup` do."""
    attic, garden = Board(tmp_path / "attic", "attic"), Board(tmp_path / "garden", "garden")
    assert "expected 1" not in attic.run("init", "home", "--voters", "2").stderr
    assert "1, 3 or 5 voters" in attic.run("init", "home", "--voters", "2").stderr
    assert "cannot be the address" in attic.run("init", "home", "--address", "attic:99999").stderr
    attic.init("home")
    assert "has its 1 voters already" in attic.run("invite", "garden", "--voter").stderr
    assert "two in a row" in attic.run("invite", "gar..den").stderr
    assert attic.run("invite", "*").returncode == 1
    assert "not a member of a cluster" in garden.run("leave").stderr
    garden.join(attic)
    assert "only a voter of a cluster can admit others" in garden.run("invite", "porch").stderr
    backup = tmp_path / "backup"
    assert attic.run("backup", str(backup)).returncode == 0 and backup.stat().st_mode & 0o077 == 0
    assert garden.run("leave").returncode == 0
    assert not list((garden.data / "cluster").iterdir())
    # All voters are lost. The keys of the others stay valid.
    new = Board(tmp_path / "new", "attic")
    assert "is of the cluster home" in new.run("init", "office", "--from", str(backup)).stderr
    new.init("home", "--from", str(backup))
    kept = json.loads((new.data / "cluster" / "authority.json").read_text())
    assert kept["certificate"] == json.loads(backup.read_text())["certificate"] and "garden" in kept["members"]


def test_a_node_writes_under_its_own_name_only(tmp_path: Path) -> None:
    """With attic's keys, nobody publishes as cellar: the servers refuse it, and the node counts that and says why."""
    with Boards(tmp_path, 1) as boards:
        attic = boards[0]
        thief = Board(tmp_path / "thief", "cellar")
        shutil.copytree(attic.data / "cluster", thief.data / "cluster", ignore=shutil.ignore_patterns("store", "log"))
        member = json.loads((thief.data / "cluster" / "member.json").read_text())
        (thief.data / "cluster" / "member.json").write_text(json.dumps({**member, "node": "cellar"}))
        with attic.node() as honest, thief.node() as liar:
            wait_ready(honest)
            liar.wait_until("the servers refuse it", lambda: cluster(liar)["published"]["denied"] > 0, FAILOVER)
            assert "the servers refuse what this node does as cellar" in cluster(liar)["reason"]
            assert cluster(liar)["published"]["messages"] == 0
            assert "harvester_cluster_denied_total" in liar.get("/metrics").decode()
            honest.wait_until("it has published", lambda: cluster(honest)["published"]["messages"] > 0)
            page = honest.get_json("/api/v1/log?after=0&limit=64")
            assert {message["node"] for message in page["messages"]} == {"attic"}


def test_a_node_s_keys_on_two_boards(tmp_path: Path) -> None:
    """A copied card: both say so."""
    with Boards(tmp_path, 1) as boards:
        attic = boards[0]
        with attic.node() as one:
            wait_ready(one)
            copy = Board(tmp_path / "copy", "attic")
            shutil.copytree(attic.data / "cluster", copy.data / "cluster", ignore=shutil.ignore_patterns("store", "log"))
            with copy.node() as two:
                for node in (one, two):
                    node.wait_for_log("error cluster: two machines run as the node attic of this cluster")


def sign_again(board: Board, days: str) -> None:
    """Give the board's node a certificate of the cluster's authority that expires after `days` from now on."""
    folder = board.data / "cluster"
    authority = json.loads((folder / "authority.json").read_text())
    (folder / "ca.key").write_text(authority["key"])
    subprocess.run(["openssl", "req", "-new", "-key", folder / "node.key", "-subj", f"/CN={board.name}",
                    "-out", folder / "request"], check=True, capture_output=True)
    (folder / "extensions").write_text("extendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=IP:127.0.0.1\n")
    subprocess.run(["openssl", "x509", "-req", "-in", folder / "request", "-CA", folder / "ca.pem", "-CAkey",
                    folder / "ca.key", "-CAcreateserial", "-days", days, "-extfile", folder / "extensions", "-out",
                    folder / "node.pem"], check=True, capture_output=True)


def test_a_certificate_that_expired(tmp_path: Path) -> None:
    """The node says so, measures on, and cannot connect; with a new certificate it publishes what has waited."""
    with Boards(tmp_path, 1) as boards:
        attic = boards[0]
        good = (attic.data / "cluster" / "node.pem").read_text()
        sign_again(attic, "-1")
        with attic.node() as node:
            node.wait_for_log("error cluster: this node's certificate of the cluster expired on")
            node.wait_for_log("warning cluster: not connected to the cluster")
            node.wait_for_value("counter")
            assert cluster(node)["state"] == "waiting"
        (attic.data / "cluster" / "node.pem").write_text(good)
        with attic.node() as node:
            wait_ready(node)
            node.wait_until("it has published", lambda: cluster(node)["published"]["readings"] > 0)


def test_servers_of_another_cluster(tmp_path: Path) -> None:
    """A node that is led to another cluster's server does not talk to it: it proves no identity that counts."""
    with Boards(tmp_path / "home", 1), Boards(tmp_path / "office", 1) as office:
        lost = Board(tmp_path / "home" / "attic", "attic")
        path = lost.data / "cluster" / "member.json"
        member = json.loads(path.read_text())
        path.write_text(json.dumps({**member, "urls": [f"tls://{office[0].address}"]}))
        with lost.node() as node:
            node.wait_for_log("warning cluster: not connected to the cluster")
            assert cluster(node)["state"] == "waiting" and cluster(node)["published"]["messages"] == 0
