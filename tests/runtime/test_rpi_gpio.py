"""RPi.GPIO over the host's lines."""
import types
from typing import Any, Iterator

import fake
import pytest
from RPi import GPIO

from harvester_runtime import calls


class Lines:
    """Levels, modes, and edges to come."""

    def __init__(self) -> None:
        self.levels: dict[int, bool] = {}
        self.modes: dict[int, str] = {}
        self.edges: list[Any] = []
        fake.host.answers.update({
            "gpio.read": lambda line: self.levels.get(line, False), "gpio.write": self.write,
            "gpio.set_mode": self.set_mode, "gpio.capture_edges": self.capture})

    def write(self, line: int, value: bool) -> None:
        self.modes.setdefault(line, "OUTPUT")
        assert self.modes[line] == "OUTPUT"
        self.levels[line] = value

    def set_mode(self, line: int, mode: Any) -> None:
        self.modes[line] = mode.name

    def capture(self, line: int, timeout_ms: int, most: int) -> list[Any]:
        edges, self.edges = self.edges[:most], self.edges[most:]
        return edges

    def edge(self, ms: int, rising: bool) -> None:
        self.edges.append(types.SimpleNamespace(timestamp_ns=ms * 1_000_000, rising=rising))


@pytest.fixture
def lines() -> Iterator[Lines]:
    fake.host.reset()
    GPIO.setmode(GPIO.BCM)
    yield Lines()
    GPIO.cleanup()
    calls.before.clear()


def test_output(lines: Lines) -> None:
    GPIO.setup([17, 27], GPIO.OUT, initial=GPIO.HIGH)
    assert lines.levels == {17: True, 27: True}
    GPIO.output([17, 27], (GPIO.LOW, GPIO.HIGH))
    assert lines.levels == {17: False, 27: True}
    assert GPIO.input(27) == 1
    assert GPIO.gpio_function(17) == GPIO.OUT
    GPIO.cleanup(17)
    assert lines.modes[17] == "INPUT"
    with pytest.raises(RuntimeError, match="set up as an OUTPUT"):
        GPIO.output(17, 1)
    GPIO.setup(4, GPIO.IN)
    GPIO.setup(4, GPIO.OUT, initial=0)
    assert lines.modes[4] == "OUTPUT"


def test_input(lines: Lines) -> None:
    GPIO.setup(4, GPIO.IN, pull_up_down=GPIO.PUD_UP)
    assert lines.modes == {4: "INPUT_PULL_UP"}
    lines.levels[4] = True
    assert GPIO.input(4) == GPIO.HIGH
    with pytest.raises(RuntimeError, match=r"setup\(\) the GPIO channel first"):
        GPIO.input(5)


def test_numbering(lines: Lines) -> None:
    with pytest.raises(ValueError, match="different mode"):
        GPIO.setmode(GPIO.BOARD)
    GPIO.cleanup()
    with pytest.raises(RuntimeError, match="numbering mode"):
        GPIO.setup(7, GPIO.IN)
    GPIO.setmode(GPIO.BOARD)
    GPIO.setup(7, GPIO.IN)
    assert lines.modes == {4: "INPUT"}
    with pytest.raises(ValueError, match="invalid on a Raspberry Pi"):
        GPIO.setup(1, GPIO.IN)


def test_callbacks_run_between_calls(lines: Lines) -> None:
    seen: list[int] = []
    GPIO.setup(4, GPIO.IN)
    lines.edge(0, False)  # from before
    GPIO.add_event_detect(4, GPIO.FALLING, callback=seen.append, bouncetime=200)
    for ms, rising in ((1000, False), (1100, False), (1150, True), (1300, False)):
        lines.edge(ms, rising)
    assert seen == []
    calls.run_before()
    assert seen == [4, 4]
    assert GPIO.event_detected(4) and not GPIO.event_detected(4)
    with pytest.raises(RuntimeError, match="Conflicting edge detection"):
        GPIO.add_event_detect(4, GPIO.RISING)
    GPIO.remove_event_detect(4)
    lines.edge(2000, False)
    calls.run_before()
    assert seen == [4, 4]


def test_wait_for_edge(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    GPIO.setup(4, GPIO.IN)
    answers = [[], [types.SimpleNamespace(timestamp_ns=1, rising=False)],
               [types.SimpleNamespace(timestamp_ns=2, rising=True)]]
    fake.host.answers["gpio.capture_edges"] = lambda *_: answers.pop(0)
    assert GPIO.wait_for_edge(4, GPIO.RISING) == 4
    clock = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: next(clock) / 10)
    fake.host.answers["gpio.capture_edges"] = lambda *_: []
    assert GPIO.wait_for_edge(4, GPIO.RISING, timeout=500) is None


def test_pwm_has_two_ends(lines: Lines) -> None:
    GPIO.setup(18, GPIO.OUT)
    pwm = GPIO.PWM(18, 50)
    pwm.start(100)
    assert lines.levels[18]
    pwm.ChangeDutyCycle(0)
    assert not lines.levels[18]
    with pytest.raises(NotImplementedError, match="needs a thread"):
        pwm.ChangeDutyCycle(7.5)
    with pytest.raises(ValueError):
        pwm.ChangeDutyCycle(101)


def test_a_line_that_is_not_granted(lines: Lines) -> None:
    def fail(*_: Any) -> None:
        raise fake.Err("not granted: gpio 9: add `allow_gpio = [9]` to its permission.toml")
    fake.host.answers["gpio.set_mode"] = fail
    with pytest.raises(PermissionError, match=r"allow_gpio = \[9\]"):
        GPIO.setup(9, GPIO.IN)
