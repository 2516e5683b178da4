"""Gives readings the names of its neighbours, of plugins that come later, and of the host.

named: belongs to the plugin|reserved
grant: poll_interval_seconds = 0.05
"""
count = 0


def poll():
    global count
    count += 1
    if count % 5 == 0:
        return {"sensor_id": "_log", "count": -1}
    return [{"count": -1}, *({"sensor_id": name, "count": -1} for name in ("honest", "display", "latecomer", "dht22"))]
