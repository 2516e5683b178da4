"""A neighbour: says when it is polled, by the clock of the machine."""
import time


def poll():
    """Nanoseconds."""
    return {"ns": time.monotonic_ns()}
