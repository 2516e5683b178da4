"""The job of bench/plugins/calls.py as a plain Python script: the median time of a poll."""
import json
import pathlib
import statistics
import sys
import time


def memory_usage() -> tuple[int, int]:
    """Used and total, in MB."""
    sizes = {}
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines()[:3]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) // 1024
    return sizes["MemTotal"] - sizes["MemAvailable"], sizes["MemTotal"]


def uptime() -> int:
    """Seconds; by the clock that the broker asks, too."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def poll() -> str:
    """The four things, and the reading as JSON."""
    started, in_calls = time.perf_counter(), 0.0
    for call in (time.time_ns, memory_usage, uptime, time.time_ns):
        before = time.perf_counter()
        call()
        in_calls += time.perf_counter() - before
    work = time.perf_counter() - started
    return json.dumps({"work_us": 1e6 * work, "calls_us": 1e6 * in_calls})


def main() -> None:
    """Print the median in milliseconds, and wait to be killed."""
    interval, count = float(sys.argv[2]), int(sys.argv[3])
    times = []
    for _ in range(count):
        time.sleep(interval)
        started = time.perf_counter()
        poll()
        times.append(time.perf_counter() - started)
    print(1e3 * statistics.median(times), flush=True)
    time.sleep(60)


main()
