"""What a service manager is told, by the real program, on a socket that stands for systemd's."""
import os
import signal
import socket
from pathlib import Path
from typing import Iterator

import pytest
from node import PATIENCE, Harvester, simulated


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket, named in the environment of every node that is started."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield notify


def wait_for(manager: socket.socket, word: str) -> dict[str, str]:
    """The next message that begins with this word."""
    while True:
        lines = manager.recv(4096).decode().splitlines()
        if lines[0] == word:
            return dict(line.split("=", 1) for line in lines)


def test_life(manager: socket.socket, tmp_path: Path, plugins: Path) -> None:
    """Ready with the address, reloading and ready again, stopping."""
    with Harvester(tmp_path, simulated(), plugins) as node:
        assert wait_for(manager, "READY=1")["STATUS"].endswith(f"; {node.address}")
        node.process.send_signal(signal.SIGHUP)
        assert int(wait_for(manager, "RELOADING=1")["MONOTONIC_USEC"]) > 0
        wait_for(manager, "READY=1")
        node.stop()
        wait_for(manager, "STOPPING=1")


def test_a_bad_reload_is_over_too(manager: socket.socket, tmp_path: Path, plugins: Path) -> None:
    """The node goes on with the old configuration, and systemd does not wait for ever."""
    with Harvester(tmp_path, simulated(), plugins) as node:
        wait_for(manager, "READY=1")
        (tmp_path / "config.toml").write_text("nonsense")
        node.process.send_signal(signal.SIGHUP)
        wait_for(manager, "RELOADING=1")
        wait_for(manager, "READY=1")


def test_watchdog(manager: socket.socket, tmp_path: Path, plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop feeds it with what the plugins do; a node that stands still feeds nothing."""
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    (plugins / "one.py").write_text("def poll():\n    return {'value': 1}\n")
    with Harvester(tmp_path, simulated(), plugins) as node:
        while not wait_for(manager, "WATCHDOG=1")["STATUS"].startswith("1 plugin runs; "):
            pass
        node.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, node.process.pid, os.WSTOPPED | os.WNOWAIT)
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                manager.recv(4096)
        node.process.send_signal(signal.SIGCONT)
        manager.settimeout(PATIENCE)
        wait_for(manager, "WATCHDOG=1")


def test_guests_cannot_speak_for_the_node(manager: socket.socket, tmp_path: Path, plugins: Path) -> None:
    """No process of the node has the socket's name in its environment but the node as it was started."""
    (plugins / "one.py").write_text("def poll():\n    return {'value': 1}\n")
    with Harvester(tmp_path, simulated(), plugins) as node:
        node.wait_for_value("one")
        for pid in node.processes():
            assert b"NOTIFY_SOCKET" not in Path(f"/proc/{pid}/environ").read_bytes()
