"""Plugins that tests of several suites run."""

OUTPUT = """
from wit_world.imports import gpio

count = 0
gpio.set_mode(5, gpio.Mode.OUTPUT)

def poll():
    global count
    count += 1
    gpio.write(5, count % 2 == 1)
    return {"count": count, "level": gpio.read(5)}
"""

# 64 fields and an exception, 64 and a NaN, the largest number, control characters: each once stopped a spoke for good.
POISON = """
count = 0

def poll():
    global count
    count += 1
    full = {f"f{i}": i for i in range(64)}
    if count % 3 == 0:
        raise OSError("loose")
    return [{"sensor_id": "full", **full}, {"sensor_id": "nan", **full, "f7": float("nan")},
            {"sensor_id": "largest", "value": 1.7976931348623157e308}, {"sensor_id": "bell", "value": "a\\ab"}]
"""

# The whole poll is refused for it, so it is not among the others.
ZERO = """
def poll():
    return {"sensor_id": "zero", "value": "a\\0b"}
"""
