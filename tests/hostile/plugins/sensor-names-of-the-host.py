r"""Names a sensor `_log`, under which its node's log lines once travelled to the hub, with lines of its own.

ends: failed
says: the name _log is reserved, like all names that begin with "_"
wall: reserved names
"""


def poll():
    return [{"sensor_id": "_log", "dropped": 0,
             "lines": [{"time_ms": 2 ** 63 - 1, "level": "error", "source": "web",
                        "text": "\x1b[2Jthe house is on fire"}]},
            {"sensor_id": "__proto__", "value": 1}]
