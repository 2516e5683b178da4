"""Fifty sensors with ten values each, one of which is the time of the poll: 500 entities of Home Assistant."""
import time

SENSORS = 50
VALUES = 9


def poll() -> list[dict[str, object]]:
    """Values that change from poll to poll."""
    now = time.time()
    return [{"sensor_id": f"sensor-{i}", "sent": now, **{f"value_{j}": i + j / 10 for j in range(VALUES)}}
            for i in range(SENSORS)]
