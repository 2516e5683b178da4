"""The real program, run from outside: start it, ask it, read its log."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterable

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HARVESTER_BUILD", ROOT / "build")).resolve()

CONFIG = """
[cluster]
node_id = "test"

[polling]
interval_seconds = 0.5
deadline_seconds = 20

[hardware]
backend = "sim"
seed = 7

[permissions]
auto_approve = true
"""


class Harvester:
    """One run of `harvester run`; use it in a `with`, which ends it and wants it to end well."""

    def __init__(self, folder: Path, plugins: Path, data: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "config.toml"
        config.write_text(CONFIG)
        self.data = data or folder / "data"
        self.log_file = folder / f"log-{time.monotonic_ns()}"
        self.address = ""
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [BUILD / "harvester", "run", "--config", config, "--plugins", plugins, "--data",
                 self.data, "--listen", "127.0.0.1:0"], stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self) -> "Harvester":
        self.address = self.wait_for_log(r"ready (http://\S+)")[1]
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(10)
        finally:
            self.process.kill()
        if exception[0] is None:
            assert status == 0, self.log()

    def log(self) -> str:
        """Everything it said."""
        return self.log_file.read_text(errors="replace")

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = 30) -> Any:
        """The condition's value once it is true."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert self.process.poll() is None, f"ended while waiting for {what}:\n{self.log()}"
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.log()}"
            time.sleep(0.02)
        return value

    def wait_for_log(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """The first place in the log that matches."""
        return self.wait(pattern, lambda: re.search(pattern, self.log(), re.MULTILINE), seconds)

    def get(self, path: str) -> bytes:
        """The body of an answer."""
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:
            return answer.read()

    def get_json(self, path: str) -> Any:
        """The same, parsed."""
        return json.loads(self.get(path))

    def readings(self) -> dict[str, dict[str, Any]]:
        """Data by sensor."""
        found = self.get_json("/api/readings")["readings"]
        return {reading["sensor_id"].removeprefix("test:"): reading["data"] for reading in found}

    def plugins(self) -> dict[str, dict[str, Any]]:
        """What is known of each plugin, by its name."""
        return {plugin["name"]: plugin for plugin in self.get_json("/api/v1/plugins")}

    def wait_for_readings(self, sensors: Iterable[str],
                          seconds: float = 30) -> dict[str, dict[str, Any]]:
        """The readings once each of these sensors has one."""
        wanted = set(sensors)

        def all_there() -> dict[str, dict[str, Any]] | None:
            readings = self.readings()
            return readings if wanted <= readings.keys() else None
        return self.wait(f"readings of {sorted(wanted)}", all_there, seconds)


def run_until_it_ends(folder: Path, plugins: Path, data: Path) -> tuple[int, str]:
    """For a start that has to fail: exit status and log."""
    harvester = Harvester(folder, plugins, data)
    try:
        return harvester.process.wait(10), harvester.log()
    finally:
        harvester.process.kill()
