"""The BME680 plugin: its arithmetic against known values, and its use of the chip."""
import importlib.util
import math
import random
import time

import pytest
import wit
from chips import CALIBRATION, Bme680, raising

NOW = 1_700_000_000_000
PURPLE, GREEN, ORANGE, RED = (2, 128, 0, 128), (2, 0, 255, 0), (2, 255, 128, 0), (2, 255, 0, 0)


def module(name: str):
    """One of the plugin's modules that needs nothing of the host."""
    spec = importlib.util.spec_from_file_location(name,
                                                  wit.ROOT / "plugins" / "bme680" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


formulas = module("formulas")
CAL = formulas.Calibration(**CALIBRATION)
FINE = formulas.fine_temperature(CAL, 501240)


class TestFormulas:
    """Known pairs of counts and values."""

    def test_calibration_is_taken_apart(self) -> None:
        registers = Bme680().registers
        blocks = [bytes(registers[start:start + size]) for start,
                  size in ((0x8A, 23), (0xE1, 14), (0x00, 5))]
        assert formulas.parse_calibration(*blocks) == CAL

    def test_negative_switching_error(self) -> None:
        cal = formulas.parse_calibration(bytes(23), bytes(14), b"\0\0\0\0\xf0")
        assert cal.range_switching_error == -1

    @pytest.mark.parametrize("octet", [0x00, 0xFF])
    def test_a_chip_that_is_not_there(self, octet: int) -> None:
        with pytest.raises(ValueError, match=f"all 0x{octet:02X}: no working BME680"):
            formulas.parse_calibration(bytes([octet] * 23), bytes([octet] * 14), bytes([octet] * 5))

    def test_temperature_pressure_humidity(self) -> None:
        assert formulas.celsius(FINE) == pytest.approx(26.6931, abs=5e-5)
        assert formulas.pascal(CAL, 353485, FINE) == pytest.approx(98716.93, abs=0.01)
        assert formulas.percent_humidity(CAL, 19019, FINE) == pytest.approx(42.410, abs=5e-4)

    @pytest.mark.parametrize("adc, gas_range, high, ohms, tolerance", [
        (0, 0, False, 12_946_860, 1), (512, 0, False, 8_000_000, 1), (512, 4, False, 499_500, 5),
        (512, 7, False, 63_004, 1), (0, 0, True, 102_400_000, 1)])
    def test_gas(self, adc: int, gas_range: int, high: bool, ohms: float, tolerance: float) -> None:
        assert formulas.gas_ohms(CAL, adc, gas_range, high) == pytest.approx(ohms, abs=tolerance)

    def test_heater(self) -> None:
        assert formulas.heater_code(CAL, 320, 25) == 106
        assert formulas.heater_code(CAL, 500, 25) == formulas.heater_code(CAL, 400, 25)

    @pytest.mark.parametrize("milliseconds, code", [
        (63, 0x3F), (64, 0x50), (100, 0x59), (150, 0x65), (1000, 0xBE), (4031, 0xFE), (4032, 0xFF),
        (9999, 0xFF)])
    def test_heater_wait(self, milliseconds: int, code: int) -> None:
        assert formulas.heater_wait_code(milliseconds) == code

    @pytest.mark.parametrize("cycles, microseconds",
                             [(2 + 4 + 8, 32_775), (3, 11_182), (48, 99_517)])
    def test_duration(self, cycles: int, microseconds: int) -> None:
        assert formulas.measurement_seconds(cycles) == pytest.approx(microseconds / 1e6)
        heated = formulas.measurement_seconds(cycles, 150)
        assert heated == pytest.approx(microseconds / 1e6 + 0.150)

    def test_division_by_zero_is_an_error(self) -> None:
        broken = formulas.Calibration(**{**CALIBRATION, "p1": 0})
        with pytest.raises(ValueError, match="the pressure cannot be computed"):
            formulas.pascal(broken, 353485, FINE)

    @pytest.mark.parametrize("fine", [-40.01 * 5120, 85.01 * 5120, math.nan])
    def test_temperature_outside_the_range(self, fine: float) -> None:
        with pytest.raises(ValueError, match="not within what the chip measures, -40 to 85 °C"):
            formulas.celsius(fine)

    def test_any_registers_give_a_sound_value_or_an_error(self) -> None:
        seed = random.SystemRandom().getrandbits(32)
        print("seed", seed)
        source = random.Random(seed)
        kept = 0
        for _ in range(20_000):
            kept += self.one_random_chip(source)
        assert 0 < kept < 20_000

    @staticmethod
    def one_random_chip(source: random.Random) -> bool:
        """Whether it gave values, which then must be possible ones."""
        try:
            cal = formulas.parse_calibration(*(source.randbytes(size) for size in (23, 14, 5)))
            fine = formulas.fine_temperature(cal, source.getrandbits(20))
            values = (formulas.celsius(fine),
                      formulas.percent_humidity(cal, source.getrandbits(16), fine),
                      formulas.gas_ohms(cal, source.getrandbits(10), source.getrandbits(4),
                                        source.random() < 0.5))
            assert 0 <= formulas.heater_code(cal, 320, values[0]) <= 255
            pressure = formulas.pascal(cal, source.getrandbits(20), fine)
        except ValueError:
            return False
        assert all(map(math.isfinite, values))
        assert 0 <= values[1] <= 100 and 30_000 <= pressure <= 110_000
        return True


@pytest.fixture
def chip(runtime, monkeypatch):
    """The plugin on a chip; `chip.now` is the steady clock."""
    found = Bme680()
    found.now, found.slept = 0.0, []
    monkeypatch.setattr(time, "sleep", found.slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: found.now)
    runtime.host.answers.update({"i2c.transfer": found.transfer,
                                 "gpio_provider.get_timestamp_ms": lambda: NOW})
    runtime.load_folder("bme680")
    return found


def colours(runtime) -> list:
    """The colours since the last look."""
    made = runtime.host.made("led_controller.set_led")
    runtime.host.calls.clear()
    return made


def test_first_poll_measures_without_the_heater(runtime, chip) -> None:
    reading, = runtime.poll()
    assert reading["sensor_id"] == "bme680" and reading["timestamp_ms"] == NOW
    assert reading["temperature"] == pytest.approx(26.6931, abs=5e-5)
    assert reading["pressure"] == pytest.approx(987.1693, abs=1e-4)
    assert reading["humidity"] == pytest.approx(42.410, abs=5e-4)
    assert reading["gas_resistance"] == {"not_finite": "nan"}
    assert (reading["iaq_score"], reading["iaq_accuracy"]) == (0, 0)
    assert chip.writes == [(0x70, 0x08), (0x71, 0), (0x72, 2), (0x75, 2 << 2),
                           (0x74, 4 << 5 | 3 << 2 | 1)]
    assert chip.slept == [pytest.approx(0.034775)]
    assert colours(runtime) == [PURPLE]


def test_second_poll_heats_for_the_measured_temperature(runtime, chip) -> None:
    runtime.poll()
    chip.writes.clear()
    assert runtime.poll()[0]["gas_resistance"] == pytest.approx(12_946.861, abs=1e-2)
    assert chip.writes[:4] == [(0x5A, formulas.heater_code(CAL, 320, 26.6931)), (0x64, 0x65),
                               (0x70, 0), (0x71, 0x10)]
    assert chip.slept[-1] == pytest.approx(0.184775)


def test_bme688_has_its_own_gas_registers(runtime, chip) -> None:
    chip.variant = chip.registers[0xF0] = 1
    runtime.poll()
    assert runtime.poll()[0]["gas_resistance"] == pytest.approx(102_400.0)
    assert (0x71, 0x20) in chip.writes


@pytest.mark.parametrize("flags", [0x00, 0x10, 0x20])
def test_gas_of_a_cold_plate_is_no_value(runtime, chip, flags: int) -> None:
    chip.gas_flags = flags
    runtime.poll()
    assert runtime.poll()[0]["gas_resistance"] == {"not_finite": "nan"}


def test_other_address(runtime, chip) -> None:
    chip.address = 0x76
    assert runtime.poll()[0]["sensor_id"] == "bme680"


def test_no_chip_says_what_each_address_answered(runtime, chip) -> None:
    chip.address = 0x50
    assert "no BME680 found; 0x77: no acknowledge; 0x76: no acknowledge (" in runtime.error()
    chip.address = 0x77
    chip.registers[0xD0] = 0x58
    assert "0x77: chip id 0x58 instead of 0x61" in runtime.error()


def test_late_data_is_waited_for_within_bounds(runtime, chip) -> None:
    chip.late = 4
    assert runtime.poll()
    assert chip.slept[1:] == [0.005] * 4
    chip.late = 5
    assert runtime.error().splitlines()[-1].startswith(
        "TimeoutError: no new data after 5 attempts (chip.py, line ")


def test_after_an_error_the_chip_is_reset_and_read_anew(runtime, chip) -> None:
    runtime.poll()
    runtime.poll()
    runtime.host.answers["i2c.transfer"] = raising("no acknowledge")
    assert "no acknowledge" in runtime.error()
    runtime.host.answers["i2c.transfer"] = chip.transfer
    chip.writes.clear()
    assert runtime.poll()[0]["gas_resistance"] == {"not_finite": "nan"}
    assert chip.writes[0] == (0xE0, 0xB6) and (0x71, 0) in chip.writes
    runtime.poll()
    assert chip.writes.count((0xE0, 0xB6)) == 1


def test_score_after_five_minutes(runtime, chip) -> None:
    runtime.poll()
    runtime.poll()
    assert colours(runtime) == [PURPLE, PURPLE]
    chip.now = 299.9
    assert runtime.poll()[0]["iaq_accuracy"] == 0
    chip.now = 300.0
    reading, = runtime.poll()
    # 75 for the gas, and 25 less what the humidity is away from 40 %.
    assert (reading["iaq_score"], reading["iaq_accuracy"]) == (99, 3)
    assert colours(runtime) == [PURPLE, GREEN]
    chip.counts.update(gas=512)
    assert runtime.poll()[0]["iaq_score"] == 70
    chip.counts.update(range=1)
    assert runtime.poll()[0]["iaq_score"] == 47
    chip.counts.update(range=4)
    assert runtime.poll()[0]["iaq_score"] == 27
    assert colours(runtime) == [GREEN, ORANGE, RED]


def test_no_gas_value_leaves_the_score_out(runtime, chip) -> None:
    runtime.poll()
    runtime.poll()
    chip.now = 300.0
    runtime.poll()
    colours(runtime)
    chip.gas_flags = 0
    reading, = runtime.poll()
    assert (reading["iaq_score"], reading["iaq_accuracy"]) == (0, 0) and colours(runtime) == []


def test_baseline_is_the_mean_of_the_last_readings(runtime, chip) -> None:
    import sys
    runtime.poll()
    score = sys.modules["plugin"].GasScore()
    for i in range(100):
        score.add(1.0 if i < 50 else 101.0 + i, float(i))
    assert score.score(100.0, 40.0) is None
    score.add(1e9, 300.0)
    assert score.baseline == pytest.approx((sum(101.0 + i for i in range(51, 100)) + 1e9) / 50)


@pytest.mark.parametrize("humidity, score", [(40, 100), (0, 75), (100, 75), (20, 88), (70, 88)])
def test_humidity_counts_a_quarter(runtime, chip, humidity: float, score: int) -> None:
    import sys
    runtime.poll()
    gas = sys.modules["plugin"].GasScore()
    gas.add(50.0, 0.0)
    gas.add(50.0, 300.0)
    assert gas.score(50.0, humidity) == score
