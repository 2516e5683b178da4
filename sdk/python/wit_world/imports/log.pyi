from enum import Enum


class Level(Enum):
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


def write(level: Level, message: str) -> None:
    """One entry of the host's log, under the plugin's name. The host cuts long messages and
    removes control characters.
    """
