"""Makes as many host calls a poll as its settings say, and reports how long they took."""
import json
import time

from wit_world.imports import gpio_provider, i2c, settings, system_info

BUS = 1
ADDRESS = 0x23


def read_light() -> None:
    """The one call that needs a bus."""
    i2c.write_read(BUS, ADDRESS, b"", 2)


PLAIN = [gpio_provider.get_timestamp_ms, system_info.get_memory_usage, system_info.get_uptime,
         gpio_provider.get_timestamp_ms]
CALLS = {"plain": PLAIN, "bus": [*PLAIN[:3], read_light]}


class Calls:
    """The clock is read around each call, so its own cost is in `work_us`, not in `calls_us`."""

    def __init__(self) -> None:
        wanted = json.loads(settings.get_all())
        kinds = CALLS[wanted["kind"]]
        self.calls = [kinds[i % len(kinds)] for i in range(wanted["count"])]

    def poll(self) -> dict[str, float]:
        """Call."""
        started, in_calls = time.perf_counter(), 0.0
        for call in self.calls:
            before = time.perf_counter()
            call()
            in_calls += time.perf_counter() - before
        work = time.perf_counter() - started
        return {"work_us": 1e6 * work, "calls_us": 1e6 * in_calls}
