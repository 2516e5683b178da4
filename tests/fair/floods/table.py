"""Has 256 sensors, so that there are no places left for others.

named: sensors
grant: poll_interval_seconds = 0.1
"""
import os

own = os.urandom(4).hex()


def poll():
    return [{"sensor_id": f"{own}-{i}", "value": i} for i in range(256)]
