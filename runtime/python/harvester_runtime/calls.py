"""What happens between the host's calls of a plugin: there are no threads to do it meanwhile."""
from typing import Callable

before: dict[str, Callable[[], None]] = {}  # by who asked for it


def run_before() -> None:
    """What has been left to do, before the plugin is called. An error is the call's."""
    for function in list(before.values()):
        function()
