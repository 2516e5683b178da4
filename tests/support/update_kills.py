"""Random SIGKILLs of a node, and of commands, while plugins are updated: the old or the new version runs, whole."""
import base64
import json
import random
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bundles import Author, Key, source
from node import PROGRAM, Harvester, command, simulated

DELAY_SECONDS = 0.4  # more than an installation takes, and the switch of the running version after it
PROBATION_POLLS = 3
KEPT = 8  # versions of a plugin, and so of files that a record can name

FAILS_LATER = """count = 0

def poll():
    global count
    count += 1
    if count > 2:
        raise ValueError("bad")
    return {{"value": {value}}}
"""


@dataclass
class Result:
    """What was done."""

    kills: int = 0
    of_nodes: int = 0
    old: int = 0  # how often the new version was not installed when the kill came
    new: int = 0  # … and how often it was
    rolled_back: int = 0  # versions that failed their probation, although the node was killed meanwhile
    swept: int = 0  # bundles without a record, which the next start removed

    def text(self) -> str:
        """For people."""
        return (f"{self.kills} kills, {self.of_nodes} of the node and the others of the command; {self.new} updates came "
                f"through and {self.old} did not; {self.rolled_back} bad versions undone; {self.swept} leftovers swept")


class Scene:
    """A node whose plugin `lamp` is updated, and what may be there."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Nothing is installed yet."""
        self.folder, self.draw = folder, random.Random(seed)
        self.plugins, self.data = folder / "plugins", folder / "data"
        self.plugins.mkdir(parents=True)
        self.author = Author(folder / "author")
        self.stranger = Key(self.author.folder, "stranger")
        self.config = simulated({
            "updates": {"trusted_keys": [self.author.key.text()], "probation_polls": PROBATION_POLLS,
                        "probation_failures": 1},
            "polling": {"interval_seconds": 0.05, "deadline_seconds": 10}, "permissions": {"auto_approve": False}})
        self.counter = 0
        self.may_run = {0}  # values of the versions that were verified and approved
        self.result = Result()

    def start(self) -> Harvester:
        """The node, which sweeps what the kill has left."""
        node = Harvester(self.folder, self.config, self.plugins).__enter__()
        self.result.swept += sum(int(line[1]) for line in node.log("removed ([0-9]+) leftover"))
        return node

    def bundle(self, kind: str) -> Path:
        """The next one: good, bad (fails on probation), forged (by a stranger) or wider (needs approval)."""
        self.counter += 1
        value = self.counter
        shutil.rmtree(self.author.folder / str(value - 2), ignore_errors=True)
        (self.author.folder / f"lamp-{value - 2}.bundle").unlink(missing_ok=True)
        return self.author.bundle(value, "allow_gpio = [4]\n" if kind == "wider" else "",
                                  FAILS_LATER.format(value=value) if kind == "bad" else None,
                                  key=self.stranger if kind == "forged" else None)

    def code(self) -> str:
        """What would run, which is there at each moment, and whole."""
        return (self.plugins / "lamp" / "plugin.py").read_text()

    def found(self) -> int:
        """The value of the version that is there."""
        text = self.code()
        for value in self.may_run:
            if text in (source(value), FAILS_LATER.format(value=value)):
                return value
        raise AssertionError(f"none of the versions {self.may_run} is this:\n{text}")

    def record(self) -> dict[str, Any]:
        """Of the plugin's versions."""
        return json.loads((self.data / "bundles" / "lamp.json").read_text())

    def check_files(self) -> None:
        """After a start every file of the shelf is named, and the last good version is there."""
        files = {path.name for path in (self.data / "bundles" / "files").iterdir()}
        record = self.record()
        named = {version["digest"] for version in record["versions"]}
        assert {name.partition(".")[0] for name in files} <= named and len(named) <= KEPT, files
        assert f"{record['good']}.bundle" in files


def install(scene: Scene, path: Path) -> subprocess.Popen[bytes]:
    """By a command, as the owner does."""
    return subprocess.Popen([PROGRAM, "plugin", "install", path, "--data", scene.data, "--config",
                             scene.folder / "config.toml", "--plugins", scene.plugins],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def upload(node: Harvester, path: Path) -> threading.Thread:
    """Over the API, as `push` does."""
    body = {"bundle": base64.b64encode(path.read_bytes()).decode(),
            "signature": base64.b64encode(Path(f"{path}.minisig").read_bytes()).decode()}

    def send() -> None:
        try:
            node.post("/api/v1/bundles", body)
        except OSError:
            pass  # the node was killed
    thread = threading.Thread(target=send)
    thread.start()
    return thread


def kill_during(scene: Scene, node: Harvester, kind: str, of_node: bool) -> None:
    """One update, and one kill at a random moment of it."""
    path = scene.bundle(kind)
    if kind in ("good", "bad"):
        scene.may_run.add(scene.counter)
    thread = upload(node, path) if of_node else None
    process = None if of_node else install(scene, path)
    time.sleep(scene.draw.random() * DELAY_SECONDS)
    victim = node.process if of_node else process
    assert victim
    victim.kill()
    victim.wait()
    if thread:
        thread.join()
    scene.result.kills += 1
    scene.result.of_nodes += of_node


def settle(scene: Scene, node: Harvester, before: int, kind: str) -> None:
    """The store comes to rest by itself, and what it names runs: the version before, unless the new one is good."""
    def is_at_rest() -> bool:
        record = scene.record()
        return not record["probation"] and not record["switching"]
    node.wait_until("the update has ended", is_at_rest)
    value = scene.found()
    assert value == before or (kind == "good" and value == scene.counter), (before, value, kind)
    node.wait_for_data("lamp", f"is {value}", lambda data: data.get("value") == value)
    is_bad = kind == "bad" and any(version["bad"] for version in scene.record()["versions"][:1])
    scene.result.rolled_back += is_bad
    scene.result.new += is_bad or value != before
    scene.result.old += not is_bad and value == before
    scene.may_run = {value}


def torment(folder: Path, seed: int, kills: int) -> Result:
    """Kill again and again, half of the time the node."""
    scene = Scene(folder, seed)
    node = scene.start()
    try:
        done = command("plugin", "install", scene.bundle("good"), "--plugins", scene.plugins)
        assert done.returncode == 0, done.stderr
        scene.may_run = {scene.counter}
        node.wait_for_data("lamp", "runs", lambda data: data.get("value") == scene.counter)
        node.wait_until("it is good", lambda: not scene.record()["probation"])
        while scene.result.kills < kills:
            before, = scene.may_run
            kind = scene.draw.choices(["good", "bad", "forged", "wider"], [6, 2, 1, 1])[0]
            of_node = scene.draw.random() < 0.5
            kill_during(scene, node, kind, of_node)
            assert scene.found() in scene.may_run
            if of_node:
                node = scene.start()
                scene.check_files()
            settle(scene, node, before, kind)
    finally:
        node.process.kill()
        node.process.wait()
    return scene.result
