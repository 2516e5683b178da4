r"""Reports values under the neighbour's name.

ends: harmless
says: "count": \d+
wall: a sensor belongs to the plugin that named it first
"""


def poll():
    return [{"sensor_id": "neighbour", "count": -1},
            {"sensor_id": "sensor-of-the-neighbour", "count": 1}]
