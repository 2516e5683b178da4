"""A button between a line and ground: whether it is pressed, and how often it was since the plugin
started. The kernel keeps the edges with their times from poll to poll, so no press is missed.
"""
import time

from wit_world.imports import gpio

LINE = 22
BOUNCE_NS = 20_000_000  # two changes within this time are one
CHATTER = 64  # edges of one poll that no finger makes
KEPT = 128  # edges that the kernel keeps
STUCK_SECONDS = 10.0


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "pressed", "name": "Pressed", "kind": "switch"},
        {"field": "presses", "name": "Presses", "kind": "counter", "decimals": 0, "minimum": 0},
    ]


class Button:
    """Follows the line edge by edge."""

    def __init__(self) -> None:
        self.is_ready = False
        self.is_down = False
        self.presses = 0
        self.last_ns = 0  # of the last edge, by the host's clock; 0: none is known
        self.changed_at = 0.0  # by our own

    def prepare(self) -> None:
        """Begin to watch, from the level that the line has."""
        if not self.is_ready:
            gpio.set_mode(LINE, gpio.Mode.INPUT_PULL_UP)
            gpio.capture_edges(LINE, 0, KEPT)
            self.is_down = not gpio.read(LINE)
            self.changed_at = time.monotonic()
            self.is_ready = True

    def take(self, edge: gpio.Edge) -> None:
        """One edge; the first of a press counts, its bounces do not."""
        if self.last_ns and edge.rising != self.is_down:
            self.last_ns = 0
            raise ValueError("an edge was lost")
        self.is_down = not edge.rising
        if self.is_down and edge.timestamp_ns - self.last_ns > BOUNCE_NS:
            self.presses += 1
        self.last_ns = edge.timestamp_ns
        self.changed_at = time.monotonic()

    def poll(self) -> dict[str, bool | int]:
        """Take the edges since the last poll; after an error the next edge is taken as it is."""
        self.prepare()
        edges = gpio.capture_edges(LINE, 0, KEPT)
        if len(edges) >= CHATTER:
            self.last_ns = 0
            raise ValueError(f"the line chatters: {len(edges)} edges")
        for edge in edges:
            self.take(edge)
        if self.is_down and time.monotonic() - self.changed_at > STUCK_SECONDS:
            raise TimeoutError(f"held down for more than {STUCK_SECONDS:g} s: it is stuck")
        return {"pressed": self.is_down, "presses": self.presses}
