"""The job of bench/plugins/transfers.py with smbus2 as it is, on the i2c-dev that is preloaded."""
import statistics
import time

from smbus2 import SMBus, i2c_msg

ADDRESS = 0x23
COUNT = 2000


def main() -> None:
    """Print the median in microseconds."""
    with SMBus(1) as bus:
        bus.i2c_rdwr(i2c_msg.write(ADDRESS, [0x01]))
        times = []
        for _ in range(COUNT):
            started = time.perf_counter()
            bus.i2c_rdwr(i2c_msg.read(ADDRESS, 2))
            times.append(time.perf_counter() - started)
        print(1e6 * statistics.median(times), flush=True)


main()
