"""Real nats-servers on loopback: the engine of a cluster, for tests."""
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from node import PATIENCE, ROOT

CLUSTER = "harvester"


def program() -> Path:
    """The nats-server that tools/setup-cluster built."""
    done = subprocess.run([ROOT / "tools" / "nats-server-path"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def jumping_program() -> Path | None:
    """The one that tools/build-jumping-server built, whose date HARVESTER_TEST_CLOCK sets; None without it."""
    done = subprocess.run([ROOT / "tools" / "build-jumping-server", "--path"], capture_output=True, text=True, check=True)
    path = Path(done.stdout.strip())
    return path if path.exists() else None


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on. Others may take them before we do; then the server says so and ends."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """One nats-server, which may be killed, paused and started again; its store survives."""

    def __init__(self, folder: Path, name: str, address: str, routes: dict[str, str], within: str = "") -> None:
        """`address` is HOST:PORT for clients; `routes` has that for the servers of each, itself included, or nothing if it
        stands alone. `within`: the network namespace that it runs in.
        """
        self.folder, self.name, self.within = folder, name, within
        self.host, _, port = address.partition(":")
        self.port = int(port)
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        others = [f"nats-route://{other}" for who, other in routes.items() if who != name]
        cluster = "" if not routes else (f'cluster {{ name: {CLUSTER}, listen: "{routes[name]}", '
                                         f'routes: {others} }}\n').replace("'", '"')
        (folder / "server.conf").write_text(
            f'server_name: {name}\nlisten: "{address}"\nlog_file: "{folder}/log"\n'
            f'jetstream {{ store_dir: "{folder}/store", sync_interval: always, max_memory_store: 16MB, '
            f'max_file_store: 512MB }}\n{cluster}')

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"nats://{self.host}:{self.port}"

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        # Not `ip netns exec`: that copies the mounts, and a copy keeps the file system of another server's disk (disks.py)
        # in use after it was unmounted here.
        inside = ["nsenter", f"--net=/run/netns/{self.within}"] if self.within else []
        self.process = subprocess.Popen([*inside, program(), "-c", self.folder / "server.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        """Until clients can connect."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except OSError:
                assert self.process and self.process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)

    def log(self) -> str:
        """The end of its log."""
        path = self.folder / "log"
        return path.read_text()[-4000:] if path.exists() else "it logged nothing"

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT."""
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the kernel would; no effect if it does not run."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def forget(self) -> None:
        """Delete its store; it has to be dead."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)


class Servers:
    """Some servers as one cluster; use it in a `with`."""

    def __init__(self, folder: Path, count: int = 1) -> None:
        """They start with the `with`."""
        names = [f"s{i + 1}" for i in range(count)]
        addresses = [f"127.0.0.1:{port}" for port in free_ports(2 * count)]
        routes = dict(zip(names, addresses[count:])) if count > 1 else {}
        self.all = [Server(folder / name, name, address, routes) for name, address in zip(names, addresses)]

    def __enter__(self) -> "Servers":
        for server in self.all:
            server.start()
        for server in self.all:
            server.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for server in self.all:
            server.kill()

    @property
    def urls(self) -> list[str]:
        """Of all servers."""
        return [server.url for server in self.all]
