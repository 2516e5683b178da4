"""Gives 1 MB of readings every 20 ms, to be written to the disk.

named: history|disk|written|bytes|share
grant: poll_interval_seconds = 0.02
"""
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"history-{i}", "count": count, "text": "x" * 15900} for i in range(60)]
