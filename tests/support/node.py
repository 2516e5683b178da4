"""The real programs, driven from outside: start a node, ask it, read its log, stop it."""
import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Mapping

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HARVESTER_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "harvester"

# Longer than anything here takes, even on a loaded machine; nothing waits for it to pass.
PATIENCE = 30.0
POLL_SECONDS = 0.02
TAIL_LINES = 60

# Where the nodes of these tests have their sockets, apart from others that run on this machine. Short:
# a socket's path is.
RUNTIME_DIR = tempfile.mkdtemp(prefix="hv-", dir="/tmp")
os.environ["HARVESTER_RUNTIME_DIR"] = RUNTIME_DIR
atexit.register(shutil.rmtree, RUNTIME_DIR, ignore_errors=True)

COUNTER = """
count = 0

def poll():
    global count
    count += 1
    return {"count": count}
"""

Sections = Mapping[str, Mapping[str, Any]]

SIMULATED: Sections = {
    "cluster": {"node_id": "test"},
    "polling": {"interval_seconds": 0.1, "deadline_seconds": 10},
    "leds": {"gpio_pin": 10, "brightness": 255},
    "hardware": {"backend": "sim", "seed": 7},
    "permissions": {"auto_approve": True},
}


def to_toml(sections: Sections) -> str:
    """Text of a configuration. JSON's numbers, strings, booleans and arrays are TOML's as well."""
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        for name, keys in sections.items())


def simulated(changes: Sections | None = None) -> str:
    """A configuration of the simulated node, with some sections' keys added or replaced."""
    changes = changes or {}
    return to_toml({name: {**SIMULATED.get(name, {}), **changes.get(name, {})}
                    for name in {**SIMULATED, **changes}})


def node_socket(data: Path) -> Path:
    """The socket of the node on a data folder."""
    found = data.stat()
    return Path(os.environ["HARVESTER_RUNTIME_DIR"]) / f"{found.st_dev:x}-{found.st_ino:x}.sock"


def command(*words: str | Path, cwd: Path | None = None,
            home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `harvester WORDS` to its end."""
    environment = {**os.environ, **({"HOME": str(home)} if home else {})}
    return subprocess.run([PROGRAM, *words], cwd=cwd, env=environment, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on; None where there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(") ")[2].split()


def is_alive(pid: int) -> bool:
    """It runs: a process that only waits to be reaped does not."""
    stat = _stat(pid)
    return stat is not None and stat[0] not in "ZX"


def descendants(pid: int) -> set[int]:
    """The live processes below one."""
    parents = {int(path.name): stat for path in Path("/proc").glob("[0-9]*")
               if (stat := _stat(int(path.name))) and stat[0] not in "ZX"}
    found: set[int] = set()
    level = {pid}
    while level:
        level = {child for child, stat in parents.items() if int(stat[1]) in level} - found
        found |= level
    return found


class Harvester:
    """One run of `harvester run`; use it in a `with`, which waits until it is ready, ends it, and
    wants it to end well and leave no process.
    """

    def __init__(self, folder: Path, config: str | None = None, plugins: Path | None = None,
                 options: tuple[str, ...] = (), program: Path = PROGRAM,
                 data: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Without a `config` it is started without one; without `plugins` it gets an empty
        folder, `folder`/plugins; without `data`, `folder`/data. `environment` is added to this process's.
        """
        self.plugins = plugins or folder / "plugins"
        self.plugins.mkdir(parents=True, exist_ok=True)
        arguments = ["--plugins", self.plugins, "--data", data or folder / "data", "--listen",
                     "127.0.0.1:0", *options]
        if config is not None:
            (folder / "config.toml").write_text(config)
            arguments += ["--config", folder / "config.toml"]
        self.lines: list[str] = []
        self.has_ended = False
        self.news = threading.Condition()
        self.address = ""
        self.process = subprocess.Popen([program, "run", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, **(environment or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.has_ended = True
            self.news.notify_all()

    def __enter__(self) -> "Harvester":
        try:
            self.address = self.wait_for_log(r"info broker: ready (https?://\S+)$")[1]
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            if exception[0] is None:
                self.stop()
        finally:
            self.process.kill()
            self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = PATIENCE) -> None:
        """End it as a service manager would, if it has not been ended yet."""
        if self.process.returncode is not None:
            return
        below = self.processes()
        self.process.send_signal(number)
        assert self.end(seconds) == 0, self.tail("it did not end well")
        left = {pid for pid in below if is_alive(pid)}
        assert not left, self.tail(f"processes {left} are left")

    def end(self, seconds: float = PATIENCE) -> int:
        """Its exit status, when it ends by itself; all of its log has been read then."""
        status = self.process.wait(seconds)
        self.reader.join(seconds)
        return status

    # What it says

    def tail(self, what: str) -> str:
        """For messages: what happened, and the end of the log."""
        with self.news:
            return "\n".join([what, "its log ends:", *self.lines[-TAIL_LINES:]])

    def text(self) -> str:
        """The whole log so far."""
        with self.news:
            return "".join(f"{line}\n" for line in self.lines)

    def log(self, pattern: str) -> list[re.Match[str]]:
        """Every line so far that matches."""
        with self.news:
            lines = list(self.lines)
        return [match for line in lines if (match := re.search(pattern, line))]

    def wait_for_log(self, pattern: str, after: int = 0,
                     seconds: float = PATIENCE) -> re.Match[str]:
        """The first line that matches, of those from number `after` on."""
        deadline = time.monotonic() + seconds
        with self.news:
            while True:
                for after, line in enumerate(self.lines[after:], after + 1):
                    if match := re.search(pattern, line):
                        return match
                left = deadline - time.monotonic()
                if self.has_ended or left <= 0 or not self.news.wait(left):
                    raise AssertionError(self.tail(f"no line of the log matches {pattern!r}"))

    def wait_until(self, what: str, condition: Callable[[], Any],
                   seconds: float = PATIENCE, may_end: bool = False) -> Any:
        """The condition's value once it is true; the node has to run meanwhile."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert may_end or not self.has_ended, self.tail(f"it ended before this: {what}")
            assert time.monotonic() < deadline, self.tail(f"waited in vain until {what}")
            time.sleep(POLL_SECONDS)
        return value

    # What it answers

    def get(self, path: str, seconds: float = PATIENCE) -> bytes:
        """The body of an answer."""
        with urllib.request.urlopen(self.address + path, timeout=seconds) as answer:
            return answer.read()

    def get_json(self, path: str, seconds: float = PATIENCE) -> Any:
        """The same, parsed."""
        return json.loads(self.get(path, seconds))

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of an answer, whatever it is."""
        return self.send("POST", path, body)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The same with another method."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def readings(self) -> dict[str, dict[str, Any]]:
        """The whole readings by sensor."""
        return {reading["sensor_id"].partition(":")[2]: reading
                for reading in self.get_json("/api/readings")["readings"]}

    def data(self, sensor: str) -> dict[str, Any]:
        """The fields of one sensor; {} where there is no reading of it."""
        return self.readings().get(sensor, {}).get("data", {})

    def wait_for_data(self, sensor: str, what: str,
                      condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The fields of one sensor once they are as wanted."""
        def look() -> dict[str, Any] | None:
            data = self.data(sensor)
            return data if data and condition(data) else None
        return self.wait_until(f"{sensor} {what}", look)

    def wait_for_value(self, sensor: str) -> dict[str, Any]:
        """The fields of one sensor once they are there without an error."""
        return self.wait_for_data(sensor, "has a value", lambda data: "error" not in data)

    def wait_for_error(self, sensor: str) -> str:
        """The error of one sensor once it has one."""
        return self.wait_for_data(sensor, "has an error", lambda data: "error" in data)["error"]

    def all_plugins(self) -> dict[str, dict[str, Any]]:
        """What the node says of each plugin, by its name."""
        return {plugin["name"]: plugin for plugin in self.get_json("/api/v1/plugins")}

    def plugin(self, name: str) -> dict[str, Any]:
        """The same of one plugin; {} where it has none of that name."""
        return self.all_plugins().get(name, {})

    # Its processes

    def processes(self) -> set[int]:
        """Every live process below it."""
        return descendants(self.process.pid)

    def template(self) -> int:
        """The process of the Python runtime that forks the others: the one that is no plugin's."""
        def look() -> int:
            plugins = {plugin["pid"] for plugin in self.get_json("/api/v1/plugins")}
            others = self.processes() - plugins
            return others.pop() if len(others) == 1 else 0
        return self.wait_until("there is one process besides the plugins'", look)
