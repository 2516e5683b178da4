"""Gives readings of 1,024 sensors, 256 in each poll, so that there are no places left for others.

named: sensors?
grant: poll_interval_seconds = 0.1
"""
import os

own = os.urandom(4).hex()
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"{own}-{count % 4}-{i}", "value": i} for i in range(256)]
