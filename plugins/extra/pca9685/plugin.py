"""PCA9685 on i2c: a light that runs over its 16 outputs, one step a poll.

The reading says which output is lit, and the frequency of the PWM in Hz. Registers: NXP's data sheet,
revision 4, 7.3.
"""
import time

from wit_world.imports import i2c

BUS = 1
ADDRESS = 0x40
MODE1, LED0, PRESCALE = 0x00, 0x06, 0xFE
SLEEP, AWAKE = 0x31, 0x21  # both with auto-increment and all-call
OSCILLATOR_HZ = 25_000_000
STEPS = 4096
PRESCALER = 5  # 1017 Hz
OUTPUTS = 16
ON, OFF = bytes([0, 0x10, 0, 0]), bytes([0, 0, 0, 0x10])


def write(register: int, *values: int) -> None:
    """Registers from one on."""
    i2c.write_read(BUS, ADDRESS, bytes([register, *values]), 0)


def read(register: int) -> int:
    """One register."""
    return i2c.write_read(BUS, ADDRESS, bytes([register]), 1)[0]


def describe() -> list[dict[str, str | float]]:
    """What the fields mean, for the page, the API and the history."""
    return [
        {"field": "output", "name": "Output", "decimals": 0, "minimum": 0, "maximum": 15},
        {"field": "frequency", "unit": "Hz", "quantity": "frequency", "decimals": 1},
    ]


class Chaser:
    """Goes on where it was."""

    def __init__(self) -> None:
        self.is_ready = False
        self.output = OUTPUTS - 1

    def prepare(self) -> None:
        """The prescaler takes a value only while the chip sleeps."""
        write(MODE1, SLEEP)
        write(PRESCALE, PRESCALER)
        write(MODE1, AWAKE)
        time.sleep(0.0005)  # until its oscillator is up
        self.is_ready = True

    def poll(self) -> dict[str, float]:
        """Light the next output. A chip that lost its settings is set up anew at the next poll."""
        if not self.is_ready:
            self.prepare()
        self.output = (self.output + 1) % OUTPUTS
        lights = b"".join(ON if i == self.output else OFF for i in range(OUTPUTS))
        write(LED0, *lights)
        if (read(MODE1), read(PRESCALE), read(LED0 + 4 * self.output + 1)) != (AWAKE, PRESCALER,
                                                                              0x10):
            self.is_ready = False
            raise OSError("it is not as it was set up")
        return {"output": self.output, "frequency": OSCILLATOR_HZ / STEPS / (PRESCALER + 1)}
