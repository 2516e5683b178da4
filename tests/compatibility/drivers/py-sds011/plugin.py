"""py-sds011, on serial."""
from sds011 import SDS011

sensor = SDS011("/dev/ttyUSB0", use_query_mode=True)


def poll():
    values = sensor.query()
    if values is None:
        raise OSError("no answer")
    return {"pm25": values[0], "pm10": values[1]}
