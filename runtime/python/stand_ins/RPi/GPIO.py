"""RPi.GPIO, over the lines that the plugin was granted.

There is no thread that could wait for edges: the host notes them (up to 128 a line), and callbacks
run before the host's next call of the plugin, or when event_detected() looks.
"""
import dataclasses
import time
from typing import Any, Callable

from harvester_runtime import calls, devices

VERSION = "0.7.1"
RPI_REVISION = 3
RPI_INFO = {"P1_REVISION": 3, "REVISION": "c03111", "TYPE": "Pi 4 Model B", "MANUFACTURER": "Sony",
            "PROCESSOR": "BCM2711", "RAM": "4G"}

BOARD, BCM, UNKNOWN = 10, 11, -1
OUT, IN, SERIAL, SPI, I2C, HARD_PWM = 0, 1, 40, 41, 42, 43
LOW, HIGH = 0, 1
PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
RISING, FALLING, BOTH = 31, 32, 33

# The 40-pin header: line by pin.
HEADER = {3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10,
          21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19,
          36: 16, 37: 26, 38: 20, 40: 21}
MODES = {PUD_OFF: "INPUT", PUD_UP: "INPUT_PULL_UP", PUD_DOWN: "INPUT_PULL_DOWN"}
LINES = 54
EDGES_MAX = 128
WAIT_MAX_MS = 2000  # of one host call


@dataclasses.dataclass
class _Watch:
    """What was asked for with add_event_detect()."""

    edge: int
    bounce_ms: int
    callbacks: list[Callable[[int], Any]]
    seen: bool = False
    last_ns: int | None = None

    def wants(self, edge: Any) -> bool:
        """Is it an edge of the kind, and not a bounce of the one before?"""
        if self.edge not in (BOTH, RISING if edge.rising else FALLING):
            return False
        if self.last_ns is not None \
                and edge.timestamp_ns - self.last_ns < self.bounce_ms * 1_000_000:
            return False
        self.last_ns = edge.timestamp_ns
        return True


_mode: int | None = None
_directions: dict[int, int] = {}  # by line
_watches: dict[int, _Watch] = {}  # by channel


def setmode(mode: int) -> None:
    """BOARD: channels are pins of the header; BCM: lines."""
    global _mode
    if mode not in (BOARD, BCM):
        raise ValueError("An invalid mode was passed to setmode()")
    if _mode not in (None, mode):
        raise ValueError("A different mode has already been set!")
    _mode = mode


def getmode() -> int | None:
    """BOARD, BCM, or None before setmode()."""
    return _mode


def setwarnings(gpio_warnings: bool) -> None:
    """No warning is given here."""


def _line(channel: int) -> int:
    if not isinstance(channel, int):
        raise ValueError("Channel must be an integer")
    if _mode is None:
        raise RuntimeError("Please set pin numbering mode using GPIO.setmode(GPIO.BOARD) or "
                           "GPIO.setmode(GPIO.BCM)")
    if _mode == BCM and 0 <= channel < LINES:
        return channel
    if _mode == BOARD and channel in HEADER:
        return HEADER[channel]
    raise ValueError("The channel sent is invalid on a Raspberry Pi")


def _channels(channel: Any) -> list[int]:
    return list(channel) if isinstance(channel, (list, tuple)) else [channel]


def setup(channel: Any, direction: int, pull_up_down: int = PUD_OFF,
          initial: int | None = None) -> None:
    """Make one or more channels inputs or outputs."""
    if direction not in (IN, OUT):
        raise ValueError("An invalid direction was passed to setup()")
    if direction == OUT and pull_up_down != PUD_OFF:
        raise ValueError("pull_up_down parameter is not valid for outputs")
    if direction == IN and initial is not None:
        raise ValueError("initial parameter is not valid for inputs")
    if pull_up_down not in MODES:
        raise ValueError("Invalid value for pull_up_down - should be either PUD_OFF, PUD_UP or "
                         "PUD_DOWN")
    for one in _channels(channel):
        _setup_one(_line(one), direction, pull_up_down, initial)


def _setup_one(line: int, direction: int, pull: int, initial: int | None) -> None:
    if direction == IN:
        devices.gpio_set_mode(line, MODES[pull])
    else:
        _make_output(line, initial)
    _directions[line] = direction


def _make_output(line: int, initial: int | None) -> None:
    """The first write to a line that is not in use makes it an output with that level; one that is
    an input has to become an output before.
    """
    if initial is None or _directions.get(line) == IN:
        devices.gpio_set_mode(line, "OUTPUT")
    if initial is not None:
        devices.gpio_write(line, bool(initial))


def output(channel: Any, value: Any) -> None:
    """Drive one or more channels, to one value or to one each."""
    channels = _channels(channel)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * len(channels)
    if len(values) != len(channels):
        raise RuntimeError("Number of channels != number of values")
    for one, level in zip(channels, values):
        line = _line(one)
        if _directions.get(line) != OUT:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        devices.gpio_write(line, bool(level))


def input(channel: int) -> int:  # noqa: A001
    """The level of a channel."""
    line = _line(channel)
    if line not in _directions:
        raise RuntimeError("You must setup() the GPIO channel first")
    return int(devices.gpio_read(line))


def gpio_function(channel: int) -> int:
    """IN or OUT; what was not set up is an input."""
    return _directions.get(_line(channel), IN)


def cleanup(channel: Any = None) -> None:
    """Make channels inputs again: those named, or all that were set up."""
    global _mode
    lines = list(_directions) if channel is None else [_line(one) for one in _channels(channel)]
    for one in [one for one in _watches if _line(one) in lines]:
        remove_event_detect(one)
    for line in lines:
        if _directions.pop(line, IN) == OUT:
            _let_go(line)
    if channel is None:
        _mode = None


def _let_go(line: int) -> None:
    """A line that may only be driven stays as it is."""
    try:
        devices.gpio_set_mode(line, "INPUT")
    except PermissionError:
        pass


# Edges

def _check_input(channel: int, edge: int, bouncetime: int | None) -> int:
    line = _line(channel)
    if _directions.get(line) != IN:
        raise RuntimeError("You must setup() the GPIO channel as an input first")
    if edge not in (RISING, FALLING, BOTH):
        raise ValueError("The edge must be set to RISING, FALLING or BOTH")
    if bouncetime is not None and bouncetime <= 0 and bouncetime != -666:
        raise ValueError("Bouncetime must be greater than 0")
    return line


def add_event_detect(channel: int, edge: int, callback: Callable[[int], Any] | None = None,
                     bouncetime: int | None = None) -> None:
    """Watch a channel; times are in milliseconds."""
    line = _check_input(channel, edge, bouncetime)
    if callback is not None and not callable(callback):
        raise TypeError("Parameter must be callable")
    if channel in _watches:
        raise RuntimeError("Conflicting edge detection already enabled for this GPIO channel")
    devices.gpio_edges(line, 0, EDGES_MAX)  # those from before do not count
    _watches[channel] = _Watch(edge, max(bouncetime or 0, 0), [callback] if callback else [])
    calls.before.setdefault("RPi.GPIO", _look_at_all)


def add_event_callback(channel: int, callback: Callable[[int], Any]) -> None:
    """One more callback for a channel that is watched."""
    if not callable(callback):
        raise TypeError("Parameter must be callable")
    if channel not in _watches:
        raise RuntimeError("Add event detection using add_event_detect first before adding a "
                           "callback")
    _watches[channel].callbacks.append(callback)


def remove_event_detect(channel: int) -> None:
    """Watch it no more."""
    _watches.pop(channel, None)


def event_detected(channel: int) -> bool:
    """Has there been an edge since this was asked last?"""
    watch = _watches.get(channel)
    if not watch:
        return False
    _look(channel, watch)
    seen, watch.seen = watch.seen, False
    return seen


def _look_at_all() -> None:
    for channel, watch in list(_watches.items()):
        _look(channel, watch)


def _look(channel: int, watch: _Watch) -> None:
    for edge in devices.gpio_edges(_line(channel), 0, EDGES_MAX):
        if watch.wants(edge):
            watch.seen = True
            for callback in watch.callbacks:
                callback(channel)


def wait_for_edge(channel: int, edge: int, bouncetime: int | None = None,
                  timeout: int | None = None) -> int | None:
    """The channel once it has had an edge; None after `timeout` milliseconds."""
    line = _check_input(channel, edge, bouncetime)
    if timeout is not None and timeout <= 0:
        raise ValueError("Timeout must be greater than 0")
    if channel in _watches:
        raise RuntimeError("Conflicting edge detection events already exist for this GPIO channel")
    devices.gpio_edges(line, 0, EDGES_MAX)
    end = None if timeout is None else time.monotonic() + timeout / 1000
    watch = _Watch(edge, 0, [])
    while True:
        left = WAIT_MAX_MS if end is None else int((end - time.monotonic()) * 1000)
        if left < 0:
            return None
        if any(watch.wants(seen) for seen in devices.gpio_edges(line, min(left, WAIT_MAX_MS), 1)):
            return channel


class PWM:
    """Software PWM needs a thread. What is left of it are its two ends, always off and always on."""

    def __init__(self, channel: int, frequency: float) -> None:
        if _directions.get(_line(channel)) != OUT:
            raise RuntimeError("You must setup() the GPIO channel as an output first")
        self._channel = channel
        self.ChangeFrequency(frequency)

    def start(self, dutycycle: float) -> None:
        """Percent."""
        self.ChangeDutyCycle(dutycycle)

    def ChangeDutyCycle(self, dutycycle: float) -> None:  # noqa: N802
        """Percent."""
        if not 0 <= dutycycle <= 100:
            raise ValueError("dutycycle must have a value from 0.0 to 100.0")
        if 0 < dutycycle < 100:
            raise NotImplementedError(
                "PWM between 0 and 100 % needs a thread, which the sandbox has not")
        output(self._channel, dutycycle == 100)

    def ChangeFrequency(self, frequency: float) -> None:  # noqa: N802
        """Hertz; of no effect."""
        if frequency <= 0:
            raise ValueError("frequency must be greater than 0.0")

    def stop(self) -> None:
        """Off."""
        output(self._channel, LOW)
