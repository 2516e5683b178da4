"""A device has many names: what an owner denies is the device."""
import os
import pty
from pathlib import Path
from typing import Callable, Iterator

import pytest
from node import Harvester, command

Start = Callable[..., Harvester]
REAL = {"backend": "sim", "uart_backend": "linux", "seed": 7}
WRITER = """
from wit_world.imports import uart

def poll():
    return {"written": uart.write_port("NAME", b"x")}
"""


@pytest.fixture
def names() -> Iterator[tuple[str, str]]:
    """Two names below /dev of one serial port."""
    far, near = pty.openpty()
    found = [f"tty{end}{os.getpid()}" for end in ("HVA", "HVB")]
    try:
        os.symlink(os.ttyname(near), f"/dev/{found[0]}")
        os.symlink(found[0], f"/dev/{found[1]}")
    except PermissionError:
        pytest.skip("no link can be made in /dev by this user")
    try:
        yield found[0], found[1]
    finally:
        for name in found:
            Path(f"/dev/{name}").unlink(missing_ok=True)
        os.close(far)
        os.close(near)


def write_plugin(folder: Path, plugin: str, port: str) -> None:
    """One that writes to a port."""
    (folder / f"{plugin}.py").write_text(WRITER.replace("NAME", port))
    (folder / f"{plugin}.permission.toml").write_text(f'allow_uart = ["{port}"]\n')


def test_denied_under_every_name(start: Start, plugins: Path, names: tuple[str, str]) -> None:
    """The link that the plugin asks for leads to the port that is denied."""
    write_plugin(plugins, "writer", names[1])
    node = start({"hardware": REAL, "permissions": {"auto_approve": True,
                                                    "deny_uart": [names[0]]}})
    assert "not granted" in node.wait_for_error("writer")
    assert node.plugin("writer")["denied_calls"] > 0


def test_the_owner_sees_that_it_is_the_same_port(start: Start, plugins: Path, tmp_path: Path,
                                                 names: tuple[str, str]) -> None:
    """Neither the command that approves nor the list of plugins shows the other name as granted."""
    write_plugin(plugins, "writer", names[1])
    withheld = f"uart {names[1]} (the same as {names[0]})"
    node = start({"hardware": REAL, "permissions": {"auto_approve": False, "deny_uart": [names[0]]}})
    node.wait_until("it waits for approval",
                    lambda: [found["state"] for found in node.all_plugins().values()] == ["needs approval"])
    approve = command("plugin", "approve", "writer", "--yes", "--plugins", plugins, "--data", tmp_path / "data",
                      "--config", tmp_path / "config.toml")
    assert f"withheld by the owner:       {withheld}" in approve.stdout.splitlines()
    node.wait_until("it runs", lambda: node.plugin("writer").get("kept_back") is not None)
    assert node.plugin("writer")["kept_back"] == [withheld]
    assert node.plugin("writer")["granted"]["uart"] == []


def test_two_names_are_one_port(start: Start, plugins: Path, names: tuple[str, str]) -> None:
    """Two plugins with a name each share the port that the host holds once."""
    for plugin, port in zip(("one", "two"), names):
        write_plugin(plugins, plugin, port)
    node = start({"hardware": REAL})
    for plugin in ("one", "two"):
        assert node.wait_for_value(plugin)["written"] == 1
