r"""Prints, and raises exceptions with long histories, as fast as it can.

named: dropped|suppressed|more than \d+ (lines )?a second
grant: poll_interval_seconds = 0.005
"""
count = 0


def fall(depth):
    if depth:
        fall(depth - 1)
    raise ValueError("again\n" * 50)


def poll():
    global count
    count += 1
    if count % 2:
        fall(20)
    for i in range(200):
        print("flood", count, i)
    return [{"sensor_id": f"log-{i}", "count": count} for i in range(100)]
