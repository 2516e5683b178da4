r"""Reports values under the neighbour's name.

ends: harmless
says: "count": \d+
wall: a sensor that is called like an installed plugin is that plugin's, whoever polls first
"""


def poll():
    return [{"sensor_id": "neighbour", "count": -1},
            {"sensor_id": "sensor-of-the-neighbour", "count": 1}]
