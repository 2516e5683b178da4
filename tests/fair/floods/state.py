"""Has 256 sensors of 16 kB: more than the state of all plugins together may hold.

named: state|bytes|too (large|much|long)|left out|share
grant: poll_interval_seconds = 0.05
seconds: 4
"""
import os

own = os.urandom(4).hex()
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"{own}-{(count * 50 + i) % 256}", "text": "x" * 16000} for i in range(50)]
