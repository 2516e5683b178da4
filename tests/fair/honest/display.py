"""Shows the state, as a display does: numbers what it was shown, and says what it saw of the honest plugin.

interval: 0.5
"""
import json

count = 0
updates = 0
seen = 0


def update(state):
    global updates, seen
    updates += 1
    readings = json.loads(state)["readings"]
    seen = next((reading["data"]["count"] or 0 for name, reading in readings.items() if name.endswith(":honest")), 0)


def poll():
    global count
    count += 1
    return {"count": count, "updates": updates, "seen": seen}
