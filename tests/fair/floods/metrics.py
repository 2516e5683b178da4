"""Has 256 sensors of 64 numbers with long names: more samples than a scrape of /metrics may hold.

named: metrics|samples|values|fields|sensors|bytes|share
grant: poll_interval_seconds = 0.1
"""
import os

own = os.urandom(4).hex()
count = 0


def poll():
    global count
    count += 1
    fields = {f"field-of-a-name-that-is-long-{j}": count + j for j in range(64)}
    return [{"sensor_id": f"{own}-{i}", **fields} for i in range(256)]
