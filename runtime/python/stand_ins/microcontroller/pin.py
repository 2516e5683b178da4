"""The lines of a Raspberry Pi as pins: D4 is GPIO4."""
from harvester_runtime import devices

# The chip selects of the first spi bus, which the host moves by itself. A driver that moves one that
# is not granted as a line says by this which device it means.
CHIP_SELECTS = {8: 0, 7: 1}
selected: list[int] = [0]
MODES = {None: "INPUT", 1: "INPUT_PULL_UP", 2: "INPUT_PULL_DOWN"}


class Pin:
    """A line by its number."""

    IN, OUT, LOW, HIGH = 0, 1, 0, 1
    PULL_NONE, PULL_UP, PULL_DOWN = 0, 1, 2

    def __init__(self, bcm_number: int) -> None:
        self.id = bcm_number
        self._is_select = False

    def __repr__(self) -> str:
        return str(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pin) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def init(self, mode: int = IN, pull: int | None = None) -> None:
        """Make it an input or an output."""
        try:
            devices.gpio_set_mode(self.id, "OUTPUT" if mode == Pin.OUT else MODES[pull or None])
        except PermissionError:
            if self.id not in CHIP_SELECTS:
                raise
            self._is_select = True

    def value(self, val: int | None = None) -> int | None:
        """Read it, or drive it."""
        if self._is_select:
            selected[0] = 0 if val else CHIP_SELECTS[self.id]
        elif val is None:
            return int(devices.gpio_read(self.id))
        else:
            devices.gpio_write(self.id, bool(val))
        return None


globals().update({f"D{number}": Pin(number) for number in range(28)})
SDA, SCL = Pin(2), Pin(3)
CE1, CE0, MISO, MOSI, SCLK, SCK = Pin(7), Pin(8), Pin(9), Pin(10), Pin(11), Pin(11)
TXD, RXD, TX, RX = Pin(14), Pin(15), Pin(14), Pin(15)
MISO_1, MOSI_1, SCLK_1, SCK_1 = Pin(19), Pin(20), Pin(21), Pin(21)
