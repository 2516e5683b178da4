r"""Returns as many readings as it may, all the time, so that their lines are all that the log shows.

ends: harmless
says: "value": \d+
wall: the limit of lines, which counts those of readings; events are kept apart from them
"""
count = 0


def poll():
    global count
    count += 1
    return [{"value": count}, *({"sensor_id": f"flood-{number}", "value": count} for number in range(100))]
