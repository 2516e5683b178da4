"""Hosts of the light sensor BH1750 that run for a measurement: harvester, and what one would take instead of it.

Each is a context manager that gives a Host, and ends it afterwards. A host that does not install or start raises RuntimeError.
"""
import contextlib
import dataclasses
import importlib.metadata
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time
from typing import Callable, Iterator

import native
from memory import LIGHT
from node import ROOT, Node, process_tree
from report import Bench

sys.path.append(str(ROOT / "tests" / "support"))
# pylint: disable=wrong-import-position
from mosquitto import Mosquitto  # noqa: E402

INTERVAL_SECONDS = 1  # mqtt-io's shortest
PATIENCE_SECONDS = 60.0
OURS, COMPONENT = "harvester", "harvester, component"
PACKAGES = {"wasmtime loop": "wasmtime", "mqtt-io": "mqtt-io"}


@dataclasses.dataclass
class Host:
    """A host that runs."""

    started: float  # Unix seconds
    processes: list[subprocess.Popen[str]]
    readings: Callable[[], list[float]]  # Unix seconds of each reading so far
    log: Callable[[], str]

    def pids(self) -> list[int]:
        """All its processes."""
        return [pid for process in self.processes for pid in process_tree(process.pid)]

    def wait_for_readings(self, count: int, patience: float = PATIENCE_SECONDS) -> None:
        """Until it has given so many."""
        end = time.monotonic() + patience
        while len(self.readings()) < count:
            if time.monotonic() > end or any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f"{len(self.readings())} of {count} readings; its log ends with\n{self.log()[-2000:]}")
            time.sleep(0.02)


def lines_of(processes: list[subprocess.Popen[str]]) -> Callable[[], list[float]]:
    """A function that gives the times at which they wrote lines so far."""
    times: list[float] = []

    def read(process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for _ in process.stdout:
            times.append(time.time())

    for process in processes:
        threading.Thread(target=read, args=(process,), daemon=True).start()
    return lambda: times


@contextlib.contextmanager
def ended(processes: list[subprocess.Popen[str]]) -> Iterator[None]:
    """Kill them at the end."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Hosts:
    """What is installed for them, in the bench's folder; and the hosts, by their names in the table."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.folder = bench.folder / "peers"
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.log.touch()
        self.all = {OURS: self.harvester, COMPONENT: self.harvester_component,
                    "plain Python": self.python, "wasmtime loop": self.wasmtime, "mqtt-io": self.mqtt_io, "C loop": self.c_loop}

    def component(self) -> pathlib.Path:
        """The plugin as a component, from the cache."""
        words = ("bh1750", ROOT / "wit" / "harvester", "light-plugin", LIGHT, "plugin")
        return pathlib.Path(native.run(ROOT / "tools" / "build-component", *words).strip())

    def install(self, name: str, *more: str) -> native.Peer:
        """A Python that has that package."""
        packages = self.folder / name
        if not packages.exists():
            native.install(packages, name, *more)
        return dataclasses.replace(self.plain_python(), packages=packages)

    def about(self, name: str, host: Host) -> str:
        """What runs, for the table."""
        text = f"processes for one sensor: {len(host.pids())}"
        if name in PACKAGES:
            found = next(iter(importlib.metadata.distributions(name=PACKAGES[name], path=[str(self.folder / PACKAGES[name])])))
            text += f"; {found.name} {found.version} of PyPI, in {self.plain_python().version}"
        return text

    def plain_python(self) -> native.Peer:
        """That of the other parts."""
        if not self.bench.peer:
            raise RuntimeError("there is no plain Python to compare with")
        return self.bench.peer

    @contextlib.contextmanager
    def node(self, plugins: dict[str, pathlib.Path], data: str) -> Iterator[Host]:
        """A node with these plugins, and with the caches of the start before."""
        with Node(self.bench, plugins, INTERVAL_SECONDS, data=self.folder / data) as node:
            yield Host(node.started, [node.process],
                       lambda: [seconds for seconds, _, speaker, text in list(node.lines)
                                if speaker.startswith("light-") and text.endswith("(simulated)")],
                       lambda: "\n".join(" ".join(map(str, line)) for line in node.lines))

    def harvester(self, count: int) -> contextlib.AbstractContextManager[Host]:
        """With the plugin as it is, but for its sensor's name, which only one plugin may use."""
        source, plugins = (LIGHT / "plugin.py").read_text(), {}
        assert source.count('"bh1750"') == 1
        for name in (f"light-{i}" for i in range(count)):
            plugins[name] = self.folder / name
            shutil.copytree(LIGHT, plugins[name], dirs_exist_ok=True)
            (plugins[name] / "plugin.py").write_text(source.replace('"bh1750"', f'"{name}"'))
        return self.node(plugins, "data-script")

    def harvester_component(self, count: int) -> contextlib.AbstractContextManager[Host]:
        """With its component, whose sensor can be there only once."""
        assert count == 1
        plugin = self.folder / "component"
        if not plugin.exists():
            plugin.mkdir()
            shutil.copy(self.component(), plugin / "plugin.wasm")
            shutil.copy(LIGHT / "permission.toml", plugin)
        return self.node({"light-0": plugin}, "data-component")

    def start(self, peer: native.Peer, script: str, *arguments: str) -> subprocess.Popen[str]:
        """A script; what it complains goes into the log."""
        with open(self.log, "a", encoding="utf-8") as log:
            return native.start(peer, script, *arguments, errors=log)

    @contextlib.contextmanager
    def processes(self, count: int, start: Callable[[], subprocess.Popen[str]]) -> Iterator[Host]:
        """So many, each of which writes its readings."""
        started = time.time()
        processes = [start() for _ in range(count)]
        with ended(processes):
            yield Host(started, processes, lines_of(processes), self.log.read_text)

    def python(self, count: int) -> contextlib.AbstractContextManager[Host]:
        """A process for each sensor."""
        peer = self.plain_python()
        return self.processes(count, lambda: self.start(peer, "light.py", str(INTERVAL_SECONDS)))

    def wasmtime(self, count: int) -> contextlib.AbstractContextManager[Host]:
        """An instance for each sensor, in one process."""
        peer, component = self.install("wasmtime"), self.component()
        return self.processes(1, lambda: self.start(peer, "component.py", str(component), str(self.folder / "light.cwasm"),
                                                      str(INTERVAL_SECONDS), str(count)))

    def c_loop(self, count: int) -> contextlib.AbstractContextManager[Host]:
        """All in one process."""
        program = self.folder / "light"
        if not program.exists():
            native.compile_c(self.bench, program, native.HERE / "native" / "light.c")
        words = [str(program), str(INTERVAL_SECONDS), str(count)]
        # pylint: disable-next=consider-using-with
        return self.processes(1, lambda: subprocess.Popen(words, stdout=subprocess.PIPE, text=True))

    @contextlib.contextmanager
    def mqtt_io(self, count: int) -> Iterator[Host]:
        """All in one process, which publishes to a broker; a reading counts when a subscriber has it."""
        peer = self.install("mqtt-io", "smbus2")
        with Mosquitto(self.folder / "mosquitto") as broker:
            config = self.folder / "mqtt-io.yml"  # JSON is YAML
            config.write_text(json.dumps(mqtt_io_config(broker.port, count)))
            # pylint: disable-next=consider-using-with
            subscriber = subprocess.Popen(["mosquitto_sub", "-p", str(broker.port), "-t", "light/sensor/#"],
                                          stdout=subprocess.PIPE, text=True)
            with ended([subscriber]), self.processes(1, lambda: self.start(peer, "mqtt_light.py", str(config))) as host:
                yield dataclasses.replace(host, readings=lines_of([subscriber]))


def mqtt_io_config(port: int, count: int) -> dict[str, object]:
    """So many sensors of one module."""
    return {"mqtt": {"host": "127.0.0.1", "port": port, "topic_prefix": "light"},
            "options": {"install_requirements": False},
            "sensor_modules": [{"name": "chip", "module": "bh1750", "i2c_bus_num": 1, "chip_addr": 0x23}],
            "sensor_inputs": [{"name": f"light-{i}", "module": "chip", "interval": INTERVAL_SECONDS, "retain": False}
                              for i in range(count)]}
