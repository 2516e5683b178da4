"""Boards of a cluster that its own commands made: each with a data folder, perhaps a server, and a node."""
import os
import random
import shlex
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from namespaces import within
from nats_servers import Server, program
from node import COUNTER, PATIENCE, PROGRAM, Harvester, command, simulated


def free_port() -> int:
    """A port that is free, and so are those for invited boards and for other servers."""
    while True:
        port = random.randrange(20000, 28000)
        try:
            for each in (port, port + 1, port + 2000):
                socket.create_server(("127.0.0.1", each)).close()
            return port
        except OSError:
            continue


class WrittenServer(Server):
    """A nats-server with the configuration that `harvester cluster` wrote."""

    def __init__(self, folder: Path, name: str, address: str, space: str) -> None:
        """`folder` is DATA/cluster."""
        self.folder, self.name, self.within = folder, name, space
        self.host, _, port = address.partition(":")
        self.port = int(port)
        self.process = None
        self.program, self.environment = program(), dict[str, str]()

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        with within(self.within):
            self.process = subprocess.Popen(
                [self.program, "-c", self.folder / "nats-server.conf", "-l", self.folder / "log"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, **self.environment})


class Invitation:
    """`harvester cluster invite`, while it waits; use it in a `with`."""

    def __init__(self, board: "Board", *words: str) -> None:
        """`words`: the name, and options."""
        with within(board.space):
            self.process = subprocess.Popen([PROGRAM, "cluster", "invite", *words, "--data", board.data],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        self.words = shlex.split(line)
        assert self.words[:3] == ["harvester", "cluster", "join"], line + self.process.stderr.read()

    @property
    def line(self) -> str:
        """What the other board is given."""
        return self.words[3]

    def wait(self) -> tuple[int, str]:
        """Its exit code and the errors, when it has ended."""
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors

    def __enter__(self) -> "Invitation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()


class Board:
    """One board."""

    def __init__(self, folder: Path, name: str, space: str = "", address: str = "") -> None:
        """It is not a member of anything yet. `space`: the network namespace that all of it runs in, where it has `address`."""
        self.folder, self.name, self.data, self.space = folder, name, folder / "data", space
        self.address = address or f"127.0.0.1:{free_port()}"
        self.server: WrittenServer | None = None
        (folder / "plugins").mkdir(parents=True, exist_ok=True)
        (folder / "plugins" / "counter.py").write_text(COUNTER)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`harvester cluster WORDS` here."""
        with within(self.space):
            return command("cluster", *words, "--data", self.data)

    def init(self, cluster: str, *words: str) -> None:
        """Make a cluster."""
        done = self.run("init", cluster, "--node", self.name, "--address", self.address, *words)
        assert done.returncode == 0, done.stderr
        self.server = WrittenServer(self.data / "cluster", self.name, self.address, self.space)

    def join(self, inviting: "Board", *words: str) -> None:
        """Become a member; `words`: perhaps --voter."""
        with Invitation(inviting, self.name, *words) as invitation:
            more = ["--address", self.address] if words else []
            done = self.run("join", invitation.line, *more)
            assert done.returncode == 0, done.stderr
            code, errors = invitation.wait()
            assert code == 0 and f"{self.name} has joined" in errors, errors
        if words:
            self.server = WrittenServer(self.data / "cluster", self.name, self.address, self.space)

    def node(self, changes: dict[str, dict[str, Any]] | None = None) -> Harvester:
        """Its node: the configuration says nothing of a cluster."""
        changes = {"cluster": {"node_id": "unnamed"}, "history": {"commit_seconds": 0.2}, **(changes or {})}
        return Harvester(self.folder, simulated(changes))


class Boards:
    """Three voters, joined, with their servers running; use it in a `with`."""

    def __init__(self, folder: Path, voters: int = 3) -> None:
        """The first makes the cluster "home"."""
        names = ["attic", "cellar", "shed"][:voters]
        self.all = [Board(folder / name, name) for name in names]
        self.all[0].init("home", "--voters", str(voters))
        for board in self.all[1:]:
            board.join(self.all[0], "--voter")

    def __enter__(self) -> list[Board]:
        for board in self.all:
            assert board.server
            board.server.start()
        for board in self.all:
            assert board.server
            board.server.wait()
        return self.all

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for board in self.all:
            if board.server:
                board.server.kill()
