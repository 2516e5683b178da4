"""Twelve sensors with four values each."""
import math
import time

SENSORS = 12


def poll() -> list[dict[str, object]]:
    """Values that change from poll to poll."""
    now = time.time()
    return [{"sensor_id": f"sensor-{i}", "temperature": 20 + math.sin(now + i),
             "humidity": 50 + math.cos(now + i), "pressure": 1013.25 + i, "ok": True}
            for i in range(SENSORS)]
