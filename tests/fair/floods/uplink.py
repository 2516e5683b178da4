"""Gives readings that a hub or a printer may refuse, with 5,000 good ones a second around them.

named: history|hub|link|field|finite|control|timestamp|clock|share|bytes|readings
grant: poll_interval_seconds = 0.02
seconds: 4
"""
count = 0
EDGES = [
    {f"field{i}": i for i in range(64)},
    {f"field{i}": float("nan") for i in range(64)},
    {"value": 1.7976931348623157e308},
    {"text": "a\0b"},
    {"value": 1, "timestamp_ms": 2 ** 63 - 1},
    {"value": 1, "timestamp_ms": 0},
    {"value": 1, "timestamp_ms": 2_000_000_000_000},
]


def poll():
    global count
    count += 1
    if count % 10 == 9:
        raise ValueError("after 64 fields")
    poison = {"sensor_id": "poison", **EDGES[count % len(EDGES)]}
    return [poison, *({"sensor_id": f"good-{i}", "count": count, "value": i / 7} for i in range(100))]
