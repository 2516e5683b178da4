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
COUNTS_PER_LUX = 1.2


def command(bus: SMBus, code: int) -> None:
    """Send one command."""
    bus.i2c_rdwr(i2c_msg.write(ADDRESS, [code]))


def read_lux(bus: SMBus) -> float:
    """The last finished measurement."""
    answer = i2c_msg.read(ADDRESS, 2)
    bus.i2c_rdwr(answer)
    return int.from_bytes(bytes(answer), "big") / COUNTS_PER_LUX


def main() -> None:
    """Poll until killed."""
    interval = float(sys.argv[2])
    logging.basicConfig(level=logging.INFO)
    bus = simulated.open_bus()
    command(bus, POWER_ON)
    command(bus, CONTINUOUS_HIGH_RESOLUTION)
    while True:
        time.sleep(interval)
        reading = {"sensor_id": "bh1750", "illuminance": read_lux(bus),
                   "timestamp_ms": time.time_ns() // 1_000_000}
        print(json.dumps(reading), flush=True)


main()
