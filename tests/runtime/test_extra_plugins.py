"""The plugins in plugins/extra against a host that tests program: arithmetic, vectors, bad input."""
import random
import struct
import sys
from fractions import Fraction
from typing import Any

import pytest

CALIBRATIONS = 3000


def u16(octets: bytes, at: int) -> int:
    """Little-endian."""
    return octets[at] | octets[at + 1] << 8


def s16(octets: bytes, at: int) -> int:
    """Little-endian, two's complement."""
    return (u16(octets, at) ^ 0x8000) - 0x8000


def exact(low: bytes, high: bytes, adc: tuple[int, int, int]) -> tuple[Fraction, ...] | None:
    """The data sheet's formulas in rational numbers, multiplied out; None for a division by 0."""
    two = Fraction(2)
    t2, t3, p2, p3, p4, p5, p6, p7, p8, p9 = (s16(low, at) for at in (2, 4, *range(8, 24, 2)))
    x = Fraction(adc[0] - 16 * u16(low, 0))
    fine = x * (t2 + x * t3 / two ** 20) / two ** 14
    a = fine / 2 - 64000
    slope = u16(low, 6) * (1 + a * (a * p3 / two ** 19 + p2) / two ** 34)
    if not slope:
        return None
    offset = a * (a * p6 / two ** 15 + 2 * p5) / 4 + p4 * two ** 16
    p = (1048576 - adc[1] - offset / 4096) * 6250 / slope
    p += (p * (p * p9 / two ** 31 + p8 / two ** 15) + p7) / 16
    h4 = high[3] << 4 | high[4] & 15
    h5 = high[5] << 4 | high[4] >> 4
    h4, h5, h6 = (h4 ^ 0x800) - 0x800, (h5 ^ 0x800) - 0x800, (high[6] ^ 0x80) - 0x80
    v = fine - 76800
    bent = 1 + high[2] * v / two ** 26
    h = (adc[2] - 64 * h4 - h5 * v / two ** 14) * s16(high, 0) / two ** 16 * bent
    h *= 1 + h6 * v * bent / two ** 26
    return fine / 5120, h - low[25] * h * h / two ** 19, p


def plugin_module(runtime: Any, name: str) -> Any:
    """The plugin's own module, loaded as the host does."""
    runtime.load_folder(f"extra/{name}")
    return sys.modules["plugin"]


def test_bme280_equals_an_exact_reference(runtime) -> None:
    compensate = plugin_module(runtime, "bme280").compensate
    seed = 280
    print(f"seed {seed}")
    draw = random.Random(seed)
    real = struct.pack("<H2hH8hBB", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500,
                       -14600, 6000, 0, 75), struct.pack("<hBBBBb", 370, 0, 19, 0x22, 3, 30)
    believable = 0
    for turn in range(CALIBRATIONS):
        if turn % 2:
            low, high = draw.randbytes(26), draw.randbytes(7)
        else:
            low, high = (bytes(octet ^ draw.randrange(8) if i % 2 == 0 else octet
                               for i, octet in enumerate(block)) for block in real)
        adc = draw.randrange(1 << 20), draw.randrange(1 << 20), draw.randrange(1 << 16)
        expected = exact(low, high, adc)
        if expected is None:
            continue
        for got, right, scale in zip(compensate(low, high, adc), expected, (1e3, 1e3, 1e6)):
            assert abs(Fraction(got) - right) <= Fraction(1e-9) * (abs(right) + int(scale)), turn
        believable += 30000 < expected[2] < 110000
    assert believable > CALIBRATIONS / 10


def test_bme280_vectors(runtime) -> None:
    """Words and values of the BMP280's data sheet, 3.12; the checksum's own check value."""
    plugin = plugin_module(runtime, "bme280")
    low = struct.pack("<H2hH8hBB", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500,
                      -14600, 6000, 0, 75)
    temperature, _, pressure = plugin.compensate(low, bytes(7), (519888, 415148, 0))
    assert temperature == pytest.approx(25.08, abs=0.005)
    assert pressure == pytest.approx(100653.27, abs=0.01)
    assert plugin.checksum(b"123456789") == 0x4B


class Bytes:
    """A serial port with bytes in it."""

    def __init__(self, runtime: Any, name: str) -> None:
        self.waiting = b""
        runtime.host.answers["uart.read_port"] = self.read
        runtime.load_folder(f"extra/{name}")
        self.runtime = runtime

    def read(self, _port: str, size: int) -> bytes:
        """The host's uart.read_port."""
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken

    def poll(self, data: bytes) -> Any:
        """What the plugin makes of it."""
        self.waiting += data
        return self.runtime.poll()


SDS011 = bytes.fromhex("AAC08C009400BCF9D5AB")


def pms5003_frame(pm25: int) -> bytes:
    """A whole one."""
    head = b"\x42\x4D" + struct.pack(">14H", 28, 1, 2, 3, pm25 - 1, pm25, pm25 + 1, *bytes(7))
    return head + struct.pack(">H", sum(head))


class TestFrames:
    """Frames that come in pieces, late, broken, or with rubbish around them."""

    def test_sds011_vector(self, runtime) -> None:
        data = Bytes(runtime, "sds011").poll(SDS011)
        assert (data["pm25"], data["pm10"]) == (14.0, 14.8)

    @pytest.mark.parametrize("name, frame", [("sds011", SDS011), ("pms5003", pms5003_frame(14))])
    def test_pieces_and_rubbish(self, runtime, name: str, frame: bytes) -> None:
        port = Bytes(runtime, name)
        pieces = [b"\xAA\x42", *(frame[at:at + 1] for at in range(len(frame)))]
        *early, last = [port.poll(piece) for piece in pieces]
        assert not any(early) and last["pm25"] == 14
        assert port.poll(frame[1:]) is None  # its head is missing
        assert port.poll(frame[:-2] + frame)["pm25"] == 14
        assert port.poll(b"") is None

    @pytest.mark.parametrize("name, frame", [("sds011", SDS011), ("pms5003", pms5003_frame(14))])
    def test_one_wrong_byte(self, runtime, name: str, frame: bytes) -> None:
        """Wherever it is: an error or nothing, never a value."""
        told = 0
        for at in range(len(frame)):
            port = Bytes(runtime, name)
            port.waiting = frame[:at] + bytes([frame[at] ^ 0x10]) + frame[at + 1:] + bytes(32)
            if at < (2 if name == "sds011" else 4):
                assert runtime.poll() is None  # no head of a frame
            else:
                assert "checksum" in runtime.error()
                told += 1
        assert told >= len(frame) - 4

    def test_the_newest_counts(self, runtime) -> None:
        port = Bytes(runtime, "pms5003")
        assert port.poll(pms5003_frame(5) + pms5003_frame(6) + pms5003_frame(7)[:20])["pm25"] == 6

    def test_implausible(self, runtime) -> None:
        Bytes(runtime, "pms5003").waiting = pms5003_frame(1000)
        assert "cannot be" in runtime.error()
        frame = bytearray(SDS011)
        frame[3], frame[8] = 0xFF, frame[8] - 1
        Bytes(runtime, "sds011").waiting = bytes(frame)
        assert "cannot be" in runtime.error()


@pytest.mark.parametrize("answer, error", [
    (b"\x00\x07\xFF", "no MCP3008"), (b"\x00\x00\x00", "end of its range"),
    (b"\x00\x03\xFF", "end of its range")])
def test_mcp3008_ends(runtime, answer: bytes, error: str) -> None:
    runtime.host.answers["spi.transfer_device"] = lambda *_: answer
    runtime.load_folder("extra/mcp3008")
    assert error in runtime.error()


def test_one_broken_thermometer_is_named(runtime) -> None:
    def read(name: str) -> float:
        if name.endswith("2"):
            raise sys.modules["componentize_py_types"].Err(f"1-wire device {name}: checksum mismatch: check its wire and its pull-up")
        return 20.5
    names = ["28-000000000001"]
    runtime.host.answers.update({"one_wire.devices": lambda: names,
                                 "one_wire.read_temperature": read})
    runtime.load_folder("extra/ds18b20")
    assert runtime.poll()[0]["temperature"] == 20.5
    names.append("28-000000000002")
    assert "28-000000000002: checksum" in runtime.error()
    names.clear()
    assert "no thermometer" in runtime.error()


class Line:
    """A gpio line whose edges the test writes: levels with their times in ms."""

    def __init__(self, runtime: Any) -> None:
        self.edges: list[tuple[float, bool]] = []
        runtime.host.answers.update({"gpio.capture_edges": self.take, "gpio.read": lambda _: True})
        runtime.load_folder("extra/button")
        self.runtime = runtime
        runtime.poll()

    def take(self, _line: int, _timeout: int, most: int) -> list[Any]:
        """The host's gpio.capture_edges."""
        taken, self.edges = self.edges[:most], self.edges[most:]
        edge = sys.modules["wit_world.imports.gpio"].Edge
        return [edge(int(ms * 1e6), rising) for ms, rising in taken]

    def press(self, at: float, held: float) -> None:
        """One press, with a bounce at each end."""
        self.edges += [(at, False), (at + 0.3, True), (at + 0.7, False),
                       (at + held, True), (at + held + 0.4, False), (at + held + 0.9, True)]


class TestButton:
    """Edges in, presses out."""

    def test_bounces_do_not_count(self, runtime) -> None:
        line = Line(runtime)
        line.press(1000, 200)
        line.press(2000, 30)
        assert runtime.poll() == {"pressed": False, "presses": 2}
        line.edges = [(3000, False)]
        assert runtime.poll() == {"pressed": True, "presses": 3}
        line.edges = [(4000, True)]
        assert runtime.poll() == {"pressed": False, "presses": 3}

    @pytest.mark.parametrize("lost", range(1, 6))
    def test_a_lost_edge_is_told(self, runtime, lost: int) -> None:
        line = Line(runtime)
        line.press(1000, 200)
        line.press(2000, 200)
        del line.edges[lost]
        assert "an edge was lost" in runtime.error()
        line.edges.clear()
        line.press(3000, 200)
        assert runtime.poll()["pressed"] is False

    def test_chatter_is_told(self, runtime) -> None:
        line = Line(runtime)
        for _ in range(3):
            line.edges = [(1000 + at, bool(at % 2)) for at in range(64)]
            assert "the line chatters: 64 edges" in runtime.error()
