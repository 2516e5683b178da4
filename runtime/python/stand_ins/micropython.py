"""What drivers for MicroPython import of it."""
from typing import Any, Callable


def const(value: Any) -> Any:
    """The value."""
    return value


def native(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, as it is."""
    return function


viper = native
