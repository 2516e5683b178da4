"""The job of plugins/bh1750 as a plain Python script: poll, and print a reading as JSON."""
import json
import logging
import sys
import time

import simulated
from smbus2 import SMBus, i2c_msg

ADDRESS = 0x23
POWER_ON = 0x01
CONTINUOUS_HIGH_RESOLUTION = 0x10
ONE_SHOT_LOW_RESOLUTION = 0x23
LOW_RESOLUTION_SECONDS = 0.024
COUNTS_PER_LUX = 1.2


def command(bus: SMBus, code: int) -> None:
    """Send one command."""
    bus.i2c_rdwr(i2c_msg.write(ADDRESS, [code]))


def read_lux(bus: SMBus) -> float:
    """The last finished measurement."""
    answer = i2c_msg.read(ADDRESS, 2)
    bus.i2c_rdwr(answer)
    return int.from_bytes(bytes(answer), "big") / COUNTS_PER_LUX


def first_lux(bus: SMBus) -> float:
    """A quick coarse measurement; then the fine ones begin."""
    command(bus, POWER_ON)
    command(bus, ONE_SHOT_LOW_RESOLUTION)
    time.sleep(LOW_RESOLUTION_SECONDS)
    lux = read_lux(bus)
    command(bus, POWER_ON)
    command(bus, CONTINUOUS_HIGH_RESOLUTION)
    return lux


def show(lux: float) -> None:
    """One reading."""
    reading = {"sensor_id": "bh1750", "illuminance": lux, "timestamp_ms": time.time_ns() // 1_000_000}
    print(json.dumps(reading), flush=True)


def main() -> None:
    """Poll until killed."""
    interval = float(sys.argv[2])
    logging.basicConfig(level=logging.INFO)
    bus = simulated.open_bus()
    show(first_lux(bus))
    while True:
        time.sleep(interval)
        show(read_lux(bus))


main()
