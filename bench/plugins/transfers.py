"""Many i2c transactions a poll; reports the median time of one."""
import statistics
import time

from wit_world.imports import i2c

BUS = 1
ADDRESS = 0x23
COUNT = 100


def poll() -> dict[str, float]:
    """Read two bytes again and again."""
    times = []
    for _ in range(COUNT):
        started = time.perf_counter()
        i2c.write_read(BUS, ADDRESS, b"", 2)
        times.append(time.perf_counter() - started)
    return {"transfer_us": 1e6 * statistics.median(times)}
