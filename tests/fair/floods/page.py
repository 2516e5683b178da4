"""Has 250 sensors of 64 fields, all of them other ones at each poll, to be drawn by each page.

named: page|values|fields|sensors|bytes|share|fresh
grant: poll_interval_seconds = 0.1
seconds: 4
"""
import os

own = os.urandom(4).hex()
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"{own}-{i}", **{f"field{j}": count + j for j in range(64)}} for i in range(250)]
