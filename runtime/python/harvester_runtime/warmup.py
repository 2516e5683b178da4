"""Running every path once before the memory image is taken.

The interpreter rewrites code that runs often, and modules build caches when first used. What
happens here happens once, at build time; otherwise each forked child would do it again, and write
to pages that it could share.
"""
import logging
import types
from typing import Any, Callable

from harvester_runtime import errors, output

ROUNDS = 64
SOURCE = """
import dataclasses
import enum
import json
import logging
import math
import struct
import time
from wit_world import exports
from wit_world.exports.dht22_logic import Dht22Reading
from wit_world.imports import gpio_provider, i2c, led_controller
from helper import number

class Level(enum.Enum):
    LOW = 0

@dataclasses.dataclass
class Reading:
    value: float
    level: Level

class Dht22Logic(exports.Dht22Logic):
    def __init__(self) -> None:
        self.count = 0

    def poll(self):
        self.count += 1
        if self.count % 2:
            return [Dht22Reading("warm", number(), 40.0, self.count), {"list": [1, None, True]}]
        raw = bytes.fromhex("00ff").hex()
        return [Dht22Reading("warm", number(), math.nan, self.count), Reading(1.0, Level.LOW),
                {"text": f"{self.count:.1f}", "list": [1, 2.5, True, None], "raw": raw}]

    def render(self, state):
        return str(json.loads(state))

    def update(self, state):
        raise OSError(struct.unpack("<H", b"ab"))
"""
HELPER = "def number():\n    return 21.5\n"


def run(load: Callable[[str, dict[str, str]], list[str]], call: Callable[[str, str], str]) -> None:
    """Load and call a small plugin that calls nothing of the host: it is not there yet."""
    logger = _silent_logger()
    for _ in range(ROUNDS):
        load("warm", {"plugin.py": SOURCE, "helper.py": HELPER})
        for _ in range(ROUNDS):
            call("poll", "")
            call("render", '{"readings": []}')
            logger.warning("warm %d", 1)
        try:
            call("update", "")
        except OSError as error:
            errors.describe(error)


def _silent_logger() -> logging.Logger:
    """A logger with the host's handler on a host that does nothing."""
    level = types.SimpleNamespace(DEBUG=0, INFO=1, WARNING=2, ERROR=3)
    log: Any = types.SimpleNamespace(Level=level, write=lambda level, message: None)
    logger = logging.Logger("warm")
    logger.addHandler(output.HostHandler(log))
    return logger
