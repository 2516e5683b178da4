"""The job of bench/plugins/transfers.py as a plain Python script: the median time of one."""
import statistics
import time

import simulated
from smbus2 import i2c_msg

ADDRESS = 0x23
COUNT = 2000


def main() -> None:
    """Print the median in microseconds, and wait to be killed."""
    bus = simulated.open_bus()
    bus.i2c_rdwr(i2c_msg.write(ADDRESS, [0x01]))
    times = []
    for _ in range(COUNT):
        started = time.perf_counter()
        bus.i2c_rdwr(i2c_msg.read(ADDRESS, 2))
        times.append(time.perf_counter() - started)
    print(1e6 * statistics.median(times), flush=True)
    time.sleep(60)


main()
