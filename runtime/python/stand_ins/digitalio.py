"""Adafruit Blinka's digital pins, over the lines that the plugin was granted."""
from typing import Any

from adafruit_blinka import ContextManaged, Enum
from microcontroller.pin import Pin


class DriveMode(Enum):
    """How an output drives."""


DriveMode.PUSH_PULL = DriveMode()  # type: ignore[attr-defined]
DriveMode.OPEN_DRAIN = DriveMode()  # type: ignore[attr-defined]


class Direction(Enum):
    """Of a pin."""


Direction.INPUT = Direction()  # type: ignore[attr-defined]
Direction.OUTPUT = Direction()  # type: ignore[attr-defined]


class Pull(Enum):
    """Of an input."""


Pull.UP = Pull()  # type: ignore[attr-defined]
Pull.DOWN = Pull()  # type: ignore[attr-defined]

PULLS = {None: None, Pull.UP: Pin.PULL_UP, Pull.DOWN: Pin.PULL_DOWN}  # type: ignore[attr-defined]


class DigitalInOut(ContextManaged):
    """A pin, an input at first; as there is nothing to ask before it is read or driven, the host
    hears of that only then.
    """

    def __init__(self, pin: Any) -> None:
        self._pin = pin if isinstance(pin, Pin) else Pin(pin.id)
        self._direction: Any = Direction.INPUT  # type: ignore[attr-defined]
        self._pull: Any = None
        self._drive_mode: Any = DriveMode.PUSH_PULL  # type: ignore[attr-defined]
        self._is_set = False

    def switch_to_output(self, value: bool = False,
                         drive_mode: Any = DriveMode.PUSH_PULL) -> None:  # type: ignore
        """An output with a level."""
        self.direction = Direction.OUTPUT  # type: ignore[attr-defined]
        self.value = value
        self.drive_mode = drive_mode

    def switch_to_input(self, pull: Any = None) -> None:
        """An input with a pull."""
        self.direction = Direction.INPUT  # type: ignore[attr-defined]
        self.pull = pull

    def deinit(self) -> None:
        """The line stays as it is."""

    @property
    def direction(self) -> Any:
        """INPUT or OUTPUT."""
        return self._direction

    @direction.setter
    def direction(self, value: Any) -> None:
        if not isinstance(value, Direction):
            raise AttributeError("Not a Direction")
        self._direction, self._is_set = value, True
        if value is Direction.OUTPUT:  # type: ignore[attr-defined]
            self._pin.init(Pin.OUT)
        else:
            self.pull = None

    @property
    def value(self) -> bool:
        """The level."""
        if not self._is_set:
            self.switch_to_input()
        return bool(self._pin.value())

    @value.setter
    def value(self, value: Any) -> None:
        if self._direction is not Direction.OUTPUT:  # type: ignore[attr-defined]
            raise AttributeError("Not an output")
        self._pin.value(1 if value else 0)

    @property
    def pull(self) -> Any:
        """Of an input."""
        if self._direction is not Direction.INPUT:  # type: ignore[attr-defined]
            raise AttributeError("Not an input")
        return self._pull

    @pull.setter
    def pull(self, value: Any) -> None:
        if self._direction is not Direction.INPUT:  # type: ignore[attr-defined]
            raise AttributeError("Not an input")
        if value not in PULLS:
            raise AttributeError("Not a Pull")
        self._pull, self._is_set = value, True
        self._pin.init(Pin.IN, PULLS[value])

    @property
    def drive_mode(self) -> Any:
        """Of an output."""
        if self._direction is not Direction.OUTPUT:  # type: ignore[attr-defined]
            raise AttributeError("Not an output")
        return self._drive_mode

    @drive_mode.setter
    def drive_mode(self, mode: Any) -> None:
        if mode is DriveMode.OPEN_DRAIN:  # type: ignore[attr-defined]
            raise NotImplementedError("an open drain is not possible in the sandbox")
        self._drive_mode = mode
