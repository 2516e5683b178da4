"""Folders of several nodes, and how a node joins a hub."""
import json
from pathlib import Path

from node import command


def folder_of(path: Path, name: str) -> Path:
    """A node's folder."""
    (path / name).mkdir(exist_ok=True)
    return path / name


def invite(hub: Path, address: str, name: str = "cellar", *options: str) -> str:
    """The invitation that the hub prints."""
    done = command("node", "invite", name, "--url", address, "--data", hub / "data", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["invitation"]


def join(spoke: Path, invitation: str) -> None:
    """The line that it is to be run with."""
    done = command("node", "join", invitation, "--data", spoke / "data")
    assert done.returncode == 0, done.stderr
