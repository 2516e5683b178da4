"""Changes 1 MB of readings ten times a second, to be sent to each client of the events.

named: events|page|bytes|share|fresh|too (large|much|often)
grant: poll_interval_seconds = 0.1
seconds: 4
"""
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": f"sse-{i}", "count": count, "text": "x" * 15900} for i in range(60)]
