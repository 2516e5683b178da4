"""Commands find the running node, and its folders, by themselves; what they advise works when it is pasted."""
import json
import os
import re
import shlex
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from node import COUNTER, PATIENCE, PROGRAM, Harvester, command, node_socket, simulated

Start = Callable[..., Harvester]
ASKS = "allow_leds = true\n"
STRICT = {"permissions": {"auto_approve": False}}


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of sockets for each test: how many nodes run is what they are about."""
    with tempfile.TemporaryDirectory(prefix="hv-", dir="/tmp") as folder:
        monkeypatch.setenv("HARVESTER_RUNTIME_DIR", folder)
        yield Path(folder)


def node_in(folder: Path, name: str) -> Harvester:
    """A node with one plugin that waits for approval, in a folder of its own; not ready yet."""
    (folder / "plugins").mkdir(parents=True)
    (folder / "plugins" / "one.py").write_text(COUNTER)
    (folder / "plugins" / "one.permission.toml").write_text(ASKS)
    return Harvester(folder, simulated({**STRICT, "cluster": {"node_id": name}}))


def advised(text: str) -> list[str]:
    """The words of the command that a message advises."""
    found = re.search(r"`(harvester [^`]*)`", text)
    assert found, text
    words = shlex.split(found[1])
    assert words[0] == "harvester"
    return words[1:]


def run_in(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command, started in a folder where no other has anything, and without a home."""
    (folder / "nowhere").mkdir(exist_ok=True)
    return command(*words, cwd=folder / "nowhere", home=folder / "nowhere")


def test_every_command_finds_the_one_node(tmp_path: Path) -> None:
    """Without an option: its data, its plugins and its configuration."""
    with node_in(tmp_path / "a", "a") as node:
        node.wait_until("it waits for approval", lambda: node.plugin("one").get("state") == "needs approval")
        listed = run_in(tmp_path, "plugin", "list", "--json")
        assert [plugin["name"] for plugin in json.loads(listed.stdout)] == ["one"], listed.stderr
        assert run_in(tmp_path, "plugin", "approve", "one", "--yes").returncode == 0
        node.wait_for_value("one")
        for what, state in (("disable", "disabled"), ("enable", "idle")):
            assert run_in(tmp_path, "plugin", what, "one").returncode == 0
            node.wait_until(f"it is {state}", lambda want=state: node.plugin("one")["state"] == want)
        assert run_in(tmp_path, "plugin", "revoke", "one").returncode == 0
        made = run_in(tmp_path, "plugin", "new", "lamp")
        assert made.returncode == 0 and (tmp_path / "a" / "plugins" / "lamp" / "plugin.py").exists(), made.stderr
        assert f"data {tmp_path}/a/data" in run_in(tmp_path, "doctor").stdout
        assert run_in(tmp_path, "token", "add", "script", "--role", "viewer").returncode == 0
        assert (tmp_path / "a" / "data" / "accounts.db").exists()
        assert "script" in run_in(tmp_path, "token", "list").stdout
        saved = run_in(tmp_path, "backup", tmp_path / "backup.tar.gz")
        assert saved.returncode == 0, saved.stderr
        names = subprocess.run(["tar", "tf", tmp_path / "backup.tar.gz"], check=True, capture_output=True, text=True).stdout
        assert "config.toml\n" in names and "plugins/one.py\n" in names and "data/accounts.db\n" in names
    exported = run_in(tmp_path, "history", "export", "--data", tmp_path / "a" / "data", "--sensor", "a:one")
    assert exported.returncode == 0 and ",one," in exported.stdout, exported.stderr


def test_several_nodes_are_told_apart(tmp_path: Path) -> None:
    """Without --data nothing is done to any of them; each is named as it is to be said."""
    with node_in(tmp_path / "a", "a"), node_in(tmp_path / "my b", "b") as other:
        done = run_in(tmp_path, "plugin", "approve", "one")
        assert done.returncode == 1 and "2 nodes are running" in done.stderr
        rows = [line for line in done.stderr.splitlines() if "--data" in line and "(node " in line]
        assert {re.search(r"\(node (\w)", row)[1] for row in rows} == {"a", "b"}
        fixed = run_in(tmp_path, "doctor", "--fix", "--yes")
        assert (fixed.returncode, fixed.stdout) == (1, "") and "2 nodes are running" in fixed.stderr
        assert "harvester doctor: nothing was changed: " in fixed.stderr
        row = next(row for row in rows if "(node b" in row)
        words = shlex.split(row.partition("(node")[0])
        assert run_in(tmp_path, "plugin", "approve", "one", "--yes", *words).returncode == 0
        other.wait_for_value("one")
        assert not (tmp_path / "a" / "data" / "approvals" / "one.json").exists()
        # Its own configuration, or its plugins, name a node too.
        for option, place in (("--config", "config.toml"), ("--plugins", "plugins")):
            assert run_in(tmp_path, "plugin", "approve", "one", "--yes", option,
                          tmp_path / "a" / place).returncode == 0


def test_advice_of_the_log_works_when_pasted(tmp_path: Path) -> None:
    """Though the folders have names that a shell would take apart, and another node runs."""
    with node_in(tmp_path / "it's a", "a") as node, node_in(tmp_path / "b", "b"):
        line = node.wait_for_log("not started: waiting for approval.*")[0]
        done = run_in(tmp_path, *advised(line), "--yes")
        assert done.returncode == 0, done.stderr
        node.wait_for_value("one")


def test_the_socket_of_a_live_node_stays(start: Start, tmp_path: Path, plugins: Path) -> None:
    """A second one on the same data folder is refused, and takes nothing away; a dead one's is replaced."""
    first = start()
    path = node_socket(tmp_path / "data")
    before = path.stat().st_ino
    second = command("run", "--config", tmp_path / "config.toml", "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    assert second.returncode == 1 and "another harvester already uses" in second.stderr
    assert path.stat().st_ino == before and command("plugin", "list", "--data", tmp_path / "data").returncode == 0
    first.process.kill()
    first.end()
    assert path.exists()
    again = start()
    again.wait_until("it answers", lambda: "RESTARTS" in command("plugin", "list", "--data", tmp_path / "data").stdout)


def test_a_stranger_at_the_socket_is_not_answered(start: Start, tmp_path: Path, plugins: Path) -> None:
    """Another user gets nothing, though he could open it; and it is counted."""
    if os.geteuid():
        pytest.skip("needs root to be another user")
    start()
    path = node_socket(tmp_path / "data")
    os.chmod(path.parent, 0o755)
    os.chmod(path, 0o777)
    code = ("import os, socket, sys\nos.setgid(65534)\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
            "s.connect(sys.argv[1])\nprint(len(s.recv(9)))\n")
    done = subprocess.run(["/usr/bin/env", "python3", "-c", code, path], capture_output=True, text=True, timeout=PATIENCE,
                          check=False)
    assert done.stdout == "0\n", done.stderr
    assert read_socket(path)["commands"]["refused"] == 1


def read_socket(path: Path) -> dict[str, Any]:
    """What the node tells there."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))  # waits while the queue is full
        text = b""
        while part := client.recv(65536):
            text += part
    return json.loads(text)


def test_a_crowd_at_the_socket_keeps_nobody_out(start: Start, tmp_path: Path, plugins: Path) -> None:
    """20 clients that say and read nothing, and then one that asks."""
    (plugins / "one.py").write_text(COUNTER)
    start()
    path = node_socket(tmp_path / "data")
    clients = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    try:
        for client in clients:
            client.connect(str(path))  # waits while the queue is full
        assert read_socket(path)["plugins"][0]["name"] == "one"
    finally:
        for client in clients:
            client.close()


def test_a_socket_of_lies_is_no_node(sockets: Path, tmp_path: Path) -> None:
    """What answers nonsense is passed by, and the command goes on without it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sockets / "1-1.sock"))
        server.listen()
        with subprocess.Popen([PROGRAM, "user", "list", "--json"], env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
                              stdout=subprocess.PIPE, text=True) as process:
            server.settimeout(PATIENCE)
            client, _ = server.accept()
            client.sendall(b'{"pid": 1, "data": "/etc\\n"}')
            client.close()
            assert process.stdout and json.loads(process.stdout.read()) == {"users": []}


def test_folders_of_the_configuration(tmp_path: Path) -> None:
    """[paths] is below the file's own folder, wherever the node and the command are started."""
    (tmp_path / "etc" / "sensors").mkdir(parents=True)
    (tmp_path / "etc" / "sensors" / "one.py").write_text(COUNTER)
    config = tmp_path / "etc" / "config.toml"
    config.write_text(simulated({"paths": {"plugins": "sensors", "data": "../var"}}))
    with subprocess.Popen([PROGRAM, "run", "--config", config, "--listen", "127.0.0.1:0"], cwd="/", stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            assert process.stderr
            assert any(" ready " in line for line in process.stderr)
            found = json.loads(run_in(tmp_path, "plugin", "list", "--json", "--config", config).stdout)
            assert [plugin["name"] for plugin in found] == ["one"] and "pid" in found[0]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
    assert (tmp_path / "var" / "history.db").exists()
    # Nobody runs: the file alone says where.
    added = run_in(tmp_path, "token", "add", "x", "--role", "viewer", "--config", config)
    assert added.returncode == 2
    assert run_in(tmp_path, "plugin", "disable", "one", "--config", config).returncode == 0
    assert (tmp_path / "var" / "disabled" / "one.off").exists()
    # The command line goes before.
    assert "no plugin one in" in run_in(tmp_path, "plugin", "disable", "one", "--config", config, "--plugins",
                                        tmp_path / "nowhere").stderr


def test_a_wrong_data_folder_names_the_node_that_runs(tmp_path: Path) -> None:
    """Instead of a plain "no plugin one"."""
    with node_in(tmp_path / "a", "a"):
        done = run_in(tmp_path, "plugin", "approve", "one", "--data", tmp_path / "empty", "--plugins", tmp_path / "nowhere")
        assert done.returncode == 1
        assert f"--data {tmp_path}/a/data" in done.stderr and "(node a," in done.stderr


@pytest.mark.parametrize("missing, option", [("config.toml", "--config"), ("plugins", "--plugins")])
def test_backup_that_would_lack_a_part_fails(tmp_path: Path, missing: str, option: str) -> None:
    """With the part and the option that names it; --partial saves the rest."""
    (tmp_path / "data").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "config.toml").touch()
    (tmp_path / missing).rename(tmp_path / "gone")
    words: list[str | Path] = ["backup", tmp_path / "backup.tar.gz", "--data", tmp_path / "data"]
    given: dict[str, list[str | Path]] = {"config.toml": ["--config", tmp_path / "config.toml"],
                                          "plugins": ["--plugins", tmp_path / "plugins"]}
    for part in given:
        words += given[part] if part != missing else []
    for more in ([], given[missing]):
        done = run_in(tmp_path, *words, *more)
        assert done.returncode == 1 and f"with {option}" in done.stderr and "--partial" in done.stderr
        assert not (tmp_path / "backup.tar.gz").exists()
    assert run_in(tmp_path, *words, "--partial").returncode == 0
    assert (tmp_path / "backup.tar.gz").exists()
