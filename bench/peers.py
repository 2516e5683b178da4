"""The same light sensor, read once a second, in harvester and in what one would take instead of it.

The hosts: harvester with the plugin as it is, and with its component; plain Python, a process for each sensor, with the same
driver; PyPI's wasmtime in one Python process, a loop over instances of the same component; mqtt-io, with its own driver; a loop in
C. All read a simulated chip on the simulated bus. What they give for their memory and CPU differs. Harvester runs each plugin in a
sandboxed process of its own, with grants, limits and deadlines, restarts what fails, and takes new versions while it runs; its
figures contain the history on the disk, the web page and API, and a log line for each reading. Plain Python keeps sensors apart by
their processes, but each may do all that its user may. The wasmtime loop keeps the memory of its instances apart, and they reach
no more than clocks and two host calls; but they share one process and one thread, so that one which never returns stops all, and
nothing limits what they take. mqtt-io has no isolation; it publishes each reading over MQTT, to a mosquitto that is not counted
here, and its driver does not wait for the chip, so that its first reading is 0 and each later one is a second old. The C loop has
the driver and nothing else. Plain Python, the wasmtime loop and the C loop store nothing: they write each reading as JSON to a
pipe.

"Memory" is the PSS of all processes of one of them, run alone; with 20 sensors, all read the same address
(not of the component in harvester, which names one sensor only). "CPU of a reading" is of
all threads, over a span in which all hosts run side by side, each with one sensor. "First reading" is from exec until the log, the
pipe or a subscriber of MQTT has it; components were compiled before. "Further sensor" is a nineteenth of what 20 sensors take
beyond one; there is no ratio to one that takes less than 0.1 MB for it.
"""
import contextlib
import dataclasses
import pathlib
import statistics
import time

from hosts import COMPONENT, OURS, Host, Hosts
from memory import sum_mb
from report import Bench, Figure
from scale import cpu_ns

RUNS = 3
MANY = 20
SETTLED_READINGS = 3  # of each sensor
SPAN_SECONDS = 20.0
LEAST_MB = 0.1
COMPILE_SECONDS = 400.0


@dataclasses.dataclass
class Run:
    """One host's figures of one run."""

    first_ms: float = 0
    memory_mb: float = 0
    many_mb: float | None = None
    threads: float = 0
    cpu_us: float = 0

    @property
    def further_mb(self) -> float | None:
        """What each sensor beyond the first adds."""
        return None if self.many_mb is None else (self.many_mb - self.memory_mb) / (MANY - 1)


def threads(host: Host) -> int:
    """Of all processes."""
    return sum(len(list(pathlib.Path(f"/proc/{pid}/task").iterdir())) for pid in host.pids())


def measure_alone(hosts: Hosts, name: str) -> Run:
    """Start, memory and threads."""
    run = Run()
    with hosts.all[name](1) as host:
        host.wait_for_readings(SETTLED_READINGS)
        run.first_ms = 1000 * (host.readings()[0] - host.started)
        run.memory_mb, run.threads = sum_mb(host.pids())[0], threads(host)
    if name != COMPONENT:
        with hosts.all[name](MANY) as host:
            host.wait_for_readings(SETTLED_READINGS * MANY)
            run.many_mb = sum_mb(host.pids())[0]
    return run


def spent(host: Host) -> tuple[int, int]:
    """CPU so far in ns, and readings."""
    return sum(cpu_ns(pid) for pid in host.pids()), len(host.readings())


def measure_cpu(hosts: Hosts, runs: dict[str, Run], seconds: float) -> None:
    """All side by side."""
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(hosts.all[name](1)) for name in runs}
        for host in running.values():
            host.wait_for_readings(SETTLED_READINGS)
        before = {name: spent(host) for name, host in running.items()}
        time.sleep(seconds)
        for name, host in running.items():
            cpu, readings = (now - then for now, then in zip(spent(host), before[name]))
            runs[name].cpu_us = cpu / 1000 / readings


def find_hosts(hosts: Hosts) -> dict[str, str]:
    """Those that run here, each tried once, which compiles their components; and what the table says of them."""
    found = {}
    for name, start in hosts.all.items():
        try:
            with start(1) as host:
                host.wait_for_readings(1, COMPILE_SECONDS)
                found[name] = hosts.about(name, host)
        except (AssertionError, OSError, RuntimeError) as error:
            if name == OURS:
                raise
            print(f"{name} is left out: {error}", flush=True)
    return found


def with_notes(figures: list[Figure], notes: dict[str, str]) -> list[Figure]:
    """The first rows, one for each host."""
    for figure, note in zip(figures, notes.values()):
        figure.note = note
    return figures


def rows(name: str, unit: str, field: str, runs: dict[str, list[Run]], has_ratios: bool = True) -> list[Figure]:
    """One field of all hosts, then harvester's by each other's."""
    values = {host: [getattr(run, field) for run in of] for host, of in runs.items() if getattr(of[0], field) is not None}
    figures = [Figure(f"{name}: {host}", unit, of) for host, of in values.items()]
    least = LEAST_MB if unit == "MB" else 0
    return figures + [Figure(f"{name}: {OURS} / {host}", "ratio", [a / b for a, b in zip(values[OURS], of)])
                      for host, of in values.items()
                      if has_ratios and host != OURS and statistics.median(of) > least]


def measure(bench: Bench) -> list[Figure]:
    """Each alone, and then all at once, in each run."""
    hosts = Hosts(bench)
    found = find_hosts(hosts)
    runs: dict[str, list[Run]] = {name: [] for name in found}
    for _ in range(bench.runs(RUNS)):
        run = {name: measure_alone(hosts, name) for name in found}
        measure_cpu(hosts, run, 5.0 if bench.quick else SPAN_SECONDS)
        for name, of in run.items():
            runs[name].append(of)
    return [*with_notes(rows("memory", "MB", "memory_mb", runs), found), *rows("CPU of a reading", "µs", "cpu_us", runs),
            *rows(f"memory with {MANY} sensors", "MB", "many_mb", runs), *rows("further sensor", "MB", "further_mb", runs),
            *rows("first reading", "ms", "first_ms", runs, False), *rows("threads", "threads", "threads", runs, False)]
