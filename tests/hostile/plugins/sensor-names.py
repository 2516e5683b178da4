r"""Names of sensors that are markup, scripts, paths, and far too long.

ends: harmless
says: "value": 1
wall: the rules for a name
"""
NAMES = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "../../etc/passwd",
         "a\nb", "\x1b[2J", "\u202e", "';DROP TABLE x;--", "x" * 5000, "{{7*7}}",
         "constructor", ".")


def poll():
    return [{"sensor_id": "sensor-names", "value": 1},
            *({"sensor_id": name, "value": 0, "text": "</script><b>" + name} for name in NAMES)]
