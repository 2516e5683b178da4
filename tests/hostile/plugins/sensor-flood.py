r"""Names 250 new sensors in each poll, until the host's table is full.

ends: harmless
says: "value": 1
wall: the limit on sensors
"""
count = 0


def poll():
    global count
    count += 1
    return [{"sensor_id": "sensor-flood", "value": 1},
            *({"sensor_id": f"flood-{count}-{i}", "value": i} for i in range(250))]
