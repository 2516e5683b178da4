"""Two host calls a poll, and how late each poll came: the deviation from the plugin's own most punctual poll.

For an interval of a second (bench/scale.py).
"""
import time

from wit_world.imports import gpio_provider, system_info

KEPT = 20  # polls: as many as the span has
ticks: list[int] = []


def poll() -> dict[str, str]:
    """`late`: milliseconds of the latest polls, oldest first, as text."""
    ticks.append(time.monotonic_ns())
    del ticks[:-KEPT]
    gpio_provider.get_timestamp_ms()
    system_info.get_uptime()
    offsets = [tick - number * 1_000_000_000 for number, tick in enumerate(ticks)]
    best = min(offsets)
    return {"late": " ".join(f"{(offset - best) / 1e6:.1f}" for offset in offsets)}
