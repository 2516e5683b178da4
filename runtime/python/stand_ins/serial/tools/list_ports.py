"""A plugin is told its ports by its owner: it cannot look for them."""
from typing import Any, Iterator


def comports(include_links: bool = False) -> list[Any]:
    """None."""
    return []


def grep(regexp: str, include_links: bool = False) -> Iterator[Any]:
    """None."""
    return iter(())
