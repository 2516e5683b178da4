"""Returns at once: the host sounds the pattern in its own time and limits how long the buzzer
may be on."""

def buzz(duration_ms: int) -> None: ...


def beep(count: int, duration_ms: int, interval_ms: int) -> None: ...
