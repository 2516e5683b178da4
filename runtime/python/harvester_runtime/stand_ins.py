"""The modules that stand in for those which drivers reach devices through: stand_ins/."""
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "stand_ins"
MODULES = ("adafruit_blinka", "board", "busio", "digitalio", "microcontroller", "micropython",
           "RPi.GPIO", "serial", "serial.tools.list_ports", "smbus", "smbus2", "spidev")
NAMES = frozenset(name.partition(".")[0] for name in MODULES)


def preload() -> None:
    """Import them all, so that they are in the image."""
    sys.path.insert(0, str(FOLDER))
    for name in MODULES:
        importlib.import_module(name)
