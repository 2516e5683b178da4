"""A harvester that runs for a measurement, in a folder of its own."""
import calendar
import json
import pathlib
import re
import shutil
import subprocess
import threading
import time
import types
import urllib.request
from typing import Any, Callable

from report import Bench

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINE = re.compile(r"^(\S+Z) (\w+) ([^ :]+): (.*)$")
PATIENCE_SECONDS = 30.0

CONFIG = """
[cluster]
node_id = "bench"
[polling]
interval_seconds = {interval}
[leds]
gpio_pin = 10
[hardware]
backend = "{backend}"
seed = 1
[permissions]
auto_approve = true
{more}
"""


class Node:
    """A running harvester. Leaving the `with` block stops it."""

    def __init__(self, bench: Bench, plugins: dict[str, pathlib.Path], interval: float,
                 settings: str = "", data: pathlib.Path | None = None, backend: str = "sim",
                 environment: dict[str, str] | None = None, port: int = 0,
                 patience: float = PATIENCE_SECONDS, before: tuple[str, ...] = (),
                 program: pathlib.Path | None = None) -> None:
        """`plugins`: name on disk to the file or folder that is copied there; `before`: a command that runs the words behind it."""
        self.environment, self.port, self.patience, self.before = environment, port, patience, before
        self.program = program or bench.build / "harvester"
        self.folder = bench.folder / f"node-{time.monotonic_ns()}"
        self.plugins = self.folder / "plugins"
        self.data = data or self.folder / "data"
        self.config = self.folder / "config.toml"
        self.lines: list[tuple[float, str, str, str]] = []  # seconds, level, speaker, text
        self.folder.mkdir()
        self.plugins.mkdir()
        for name, source in plugins.items():
            copy_plugin(source, self.plugins, name)
        self.config.write_text(CONFIG.format(interval=interval, more=settings,
                                             backend=backend))

    def __enter__(self) -> "Node":
        command = [*self.before, str(self.program), "run", "--config", str(self.config), "--plugins",
                   str(self.plugins), "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        self.started = time.time()
        self.process = subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
                                        text=True, env=self.environment)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_SECONDS)
        self.reader.join()
        shutil.rmtree(self.folder)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            match = LINE.match(line)
            if match:
                self.lines.append((log_time(match[1]), match[2], match[3], match[4]))

    def wait_for(self, what: str, is_there: Callable[[], Any]) -> Any:
        """Wait until the function gives something, and return that."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self.process.poll() is None:
            found = is_there()
            if found:
                return found
            time.sleep(0.01)
        log = "\n".join(" ".join(map(str, line)) for line in self.lines[-20:])
        raise RuntimeError(f"no {what} within {self.patience:g} s; its log ends with\n{log}")

    def address(self) -> str:
        """http://ADDR:PORT, once it is ready."""
        def find() -> str:
            return next((text.removeprefix("ready ") for _, _, speaker, text in self.lines
                         if speaker == "broker" and text.startswith("ready ")), "")
        return str(self.wait_for("ready line", find))

    def get(self, path: str) -> Any:
        """The JSON at that path."""
        with urllib.request.urlopen(self.address() + path, timeout=5) as answer:
            return json.load(answer)

    def wait_for_polls(self, count: int) -> list[dict[str, Any]]:
        """Wait until each plugin was polled so often; /api/v1/plugins of then."""
        def polled() -> list[dict[str, Any]]:
            plugins = self.get("/api/v1/plugins")
            time.sleep(0.2)  # asking is work too
            done = all(plugin.get("polls", 0) >= count for plugin in plugins)
            return plugins if done and plugins else []
        plugins: list[dict[str, Any]] = self.wait_for(f"{count} polls", polled)
        failed = [plugin["name"] for plugin in plugins if plugin["errors"]]
        if failed:
            raise RuntimeError(f"{', '.join(failed)}: its polls fail, so its figures mean nothing")
        return plugins


def copy_plugin(source: pathlib.Path, folder: pathlib.Path, name: str) -> None:
    """Put a plugin into the folder, with its permissions, under that name."""
    if source.is_dir():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        return
    shutil.copy(source, folder / f"{name}.py")
    permission = source.with_suffix(".permission.toml")
    if permission.exists():
        shutil.copy(permission, folder / f"{name}.permission.toml")


def log_time(text: str) -> float:
    """Unix seconds of a log line's time stamp."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = time.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(seconds) + float("0." + (fraction or "0"))


def process_tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += process_tree(int(child))
    return found
