def get_memory_usage() -> tuple[int, int]:
    """Used and total, in MB."""


def get_cpu_usage() -> float:
    """Percent."""


def get_uptime() -> int:
    """Seconds."""
