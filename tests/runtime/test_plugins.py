"""The plugins that ship with the project, loaded by the runtime, on a fake host."""
import html.parser
import json
import math
import time

import pytest
from chips import Bh1750, Ssd1306, error, raising

NOW = 1_700_000_000_000


@pytest.fixture(autouse=True)
def clock(runtime, monkeypatch):
    """Steady time that moves only by sleeping."""
    state = {"now": 100.0, "slept": []}

    def sleep(seconds: float) -> None:
        state["now"] += seconds
        state["slept"].append(seconds)
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: state["now"])
    runtime.host.answers["gpio_provider.get_timestamp_ms"] = lambda: NOW
    return state


class TestDht22:
    """The LED, the beeps, and a failing read."""

    GREEN, ORANGE, RED, BLUE = (1, 0, 255, 0), (1, 255, 128, 0), (1, 255, 0, 0), (1, 0, 0, 255)

    def poll(self, runtime, temperature: float, humidity: float = 40.0):
        """One poll; the colour that it set and the beeps that it made."""
        runtime.host.calls.clear()
        runtime.host.answers["gpio_provider.read_dht22"] = lambda pin: (temperature, humidity)
        reading = runtime.poll()
        assert reading == [{"sensor_id": "dht22", "temperature": temperature, "humidity": humidity,
                            "timestamp_ms": NOW}]
        assert len(runtime.host.made("led_controller.sync_leds")) == 1
        beeps = [beep[0] for beep in runtime.host.made("buzzer_controller.beep")]
        return runtime.host.made("led_controller.set_led")[0], beeps

    @pytest.mark.parametrize("temperature, colour", [
        (-10, BLUE), (15, BLUE), (15.1, GREEN), (25, GREEN), (25.1, ORANGE), (29.9, ORANGE),
        (30, RED), (50, RED)])
    def test_colours(self, runtime, temperature: float, colour: tuple) -> None:
        runtime.load_folder("dht22")
        assert self.poll(runtime, temperature)[0] == colour

    @pytest.mark.parametrize("temperatures, colours", [
        ((30, 28, 27.9), (RED, RED, ORANGE)), ((25.1, 23.1, 23), (ORANGE, ORANGE, GREEN)),
        ((15, 17, 17.1), (BLUE, BLUE, GREEN)), ((30, 10), (RED, BLUE)),
        ((30, 23.1), (RED, ORANGE))])
    def test_deadband(self, runtime, temperatures: tuple, colours: tuple) -> None:
        runtime.load_folder("dht22")
        assert tuple(self.poll(runtime, temperature)[0] for temperature in temperatures) == colours

    def test_beeps_on_becoming(self, runtime) -> None:
        runtime.load_folder("dht22")
        steps = [(20, 40), (30, 40), (31, 40), (28, 40), (27, 40), (30, 40), (20, 70), (20, 68),
                 (20, 67.9), (20, 70)]
        beeps = [self.poll(runtime, *step)[1] for step in steps]
        assert beeps == [[], [3], [], [], [], [3], [2], [], [], [2]]

    def test_a_failed_read_invents_nothing(self, runtime) -> None:
        def fail(pin: int):
            raise error("checksum error")
        runtime.load_folder("dht22")
        runtime.host.answers["gpio_provider.read_dht22"] = fail
        assert runtime.error().splitlines()[-1].startswith(
            "Err: checksum error (plugin.py, line ")
        assert not runtime.host.made("led_controller.set_led")


class TestPi4Monitor:
    """The LED and the fan."""

    def poll(self, runtime, temperature: float, fan: bool = False):
        """One poll."""
        state = {"fan": fan}
        runtime.host.calls.clear()
        runtime.host.answers.update({
            "gpio_provider.get_cpu_temp": lambda: temperature,
            "system_info.get_memory_usage": lambda: (100, 900),
            "system_info.get_cpu_usage": lambda: 12.5, "system_info.get_uptime": lambda: 77,
            "fan_controller.get_fan_state": lambda: state["fan"],
            "fan_controller.set_fan": lambda on: state.update(fan=on)})
        return runtime.poll()

    def test_reading(self, runtime) -> None:
        runtime.load_folder("pi4-monitor")
        assert self.poll(runtime, 40.0) == {
            "cpu_temp": 40.0, "cpu_usage": 12.5, "memory_used_mb": 100, "memory_total_mb": 900,
            "uptime_seconds": 77,
            "timestamp_ms": NOW, "fan_on": False}

    @pytest.mark.parametrize("temperature, colour", [
        (49.9, (0, 0, 255, 0)), (50, (0, 255, 200, 0)), (70, (0, 255, 200, 0)), (70.1,
                                                                                 (0, 255, 0, 0))])
    def test_colours(self, runtime, temperature: float, colour: tuple) -> None:
        runtime.load_folder("pi4-monitor")
        self.poll(runtime, temperature)
        assert runtime.host.made("led_controller.set_led") == [colour]

    @pytest.mark.parametrize("temperature, before, after", [
        (59.9, False, False), (60, False, True), (50.1, True, True), (50, True, False)])
    def test_fan(self, runtime, temperature: float, before: bool, after: bool) -> None:
        runtime.load_folder("pi4-monitor")
        assert self.poll(runtime, temperature, before)["fan_on"] is after

    def test_no_temperature_touches_nothing(self, runtime) -> None:
        runtime.load_folder("pi4-monitor")
        assert self.poll(runtime, math.nan, True)["cpu_temp"] == {"not_finite": "nan"}
        assert not runtime.host.made("led_controller.set_led")
        assert not runtime.host.made("fan_controller.set_fan")


class TestBh1750:
    """Coarse first, fine later, anew after an error."""

    def start(self, runtime) -> Bh1750:
        """Load it on a chip."""
        chip = Bh1750()
        runtime.host.answers["i2c.write_read"] = chip.write_read
        runtime.load_folder("bh1750")
        return chip

    def test_first_and_later_polls(self, runtime, clock) -> None:
        chip = self.start(runtime)
        assert runtime.poll() == [{"sensor_id": "bh1750", "illuminance": 100.0,
                                   "timestamp_ms": NOW}]
        assert (chip.commands, clock["slept"]) == ([0x01, 0x23, 0x01, 0x10], [0.024])
        clock["now"] += 1
        chip.counts = 60
        assert runtime.poll()[0]["illuminance"] == 50.0
        assert (len(chip.commands), clock["slept"]) == (4, [0.024])

    def test_a_poll_that_comes_too_soon_waits(self, runtime, clock) -> None:
        self.start(runtime)
        runtime.poll()
        clock["now"] += 0.1
        runtime.poll()
        assert clock["slept"][1:] == [pytest.approx(0.08)]

    def test_anew_after_an_error(self, runtime, clock) -> None:
        chip = self.start(runtime)
        runtime.poll()
        clock["now"] += 1
        chip.counts = 0xFFFF
        assert "brighter than the sensor can measure (54612 lx) (" in runtime.error()
        chip.counts = 12
        assert runtime.poll()[0]["illuminance"] == 10.0
        assert chip.commands == [0x01, 0x23, 0x01, 0x10] * 2


CELSIUS = {"temperature": {"unit": "°C", "decimals": 1}}


def described(one: dict, **fields: dict) -> dict:
    """A reading with what the node knows about its fields."""
    return {**one, "description": {"fields": fields}}


def reading(sensor: str, simulated: bool = False, **data: object) -> dict:
    """One reading of the state."""
    return {"sensor_id": f"node1:{sensor}", "timestamp_ms": NOW, "data": data,
            **({"simulated": True} if simulated else {})}


class TestOled:
    """What is drawn, and how much is sent."""

    def start(self, runtime) -> Ssd1306:
        """Load it on a display."""
        display = Ssd1306()
        runtime.host.answers["i2c.transfer"] = display.transfer
        runtime.load_folder("oled")
        return display

    def update(self, runtime, *readings: dict) -> None:
        """One cycle of the host."""
        runtime.script.call("update", json.dumps({"readings": list(readings)}))

    def test_whole_first_frame_then_changes_only(self, runtime) -> None:
        display = self.start(runtime)
        self.update(runtime, reading("dht22", temperature=21.5, humidity=40.0))
        assert display.on and len(display.sent) == 1 + 8 * 2
        assert max(map(len, display.sent)) == 129
        display.sent.clear()
        self.update(runtime, reading("dht22", temperature=21.5, humidity=40.0))
        assert not display.sent
        self.update(runtime, reading("dht22", temperature=22.5, humidity=40.0))
        assert [octets[:2] for octets in display.sent] == [bytes([0x00, 0xB1]), bytes([0x40, 0x00])]

    def test_picture(self, runtime) -> None:
        display = self.start(runtime)
        self.update(runtime, reading("t1", simulated=True))
        assert [row[:18].replace(".", " ").rstrip() for row in display.picture(0)] == [
            "      #####   #",
            "# # #   #    ##",
            " ###    #     #",
            "#####   #     #",
            " ###    #     #",
            "# # #   #     #",
            "        #    ###"]

    def test_lines(self, runtime, monkeypatch) -> None:
        self.start(runtime)
        import sys
        lines = sys.modules["plugin"].lines
        state = {"readings": [
            described(reading("dht22", temperature=21.46, humidity=40.04), **CELSIUS,
                      humidity={"unit": "%"}),
            reading("bme680", simulated=True, temperature=None, error="no acknowledge",
                    last_good_ms=5),
            described(reading("pi4", fan_on=True, cpu_temp=10.0),
                      cpu_temp={"unit": "°C",
                                "shown": {"unit": "°F", "factor": 1.8, "offset": 32.0}})]}
        assert lines(state) == ["dht22", " T 21.5°C H 40.0%", "!*bme680", " no acknowledge", "pi4",
                                " fan_ ON cpu_ 50.0°F"]
        by_name = {"readings": {"node1": {"dht22": {"data": {"temperature": 1.0}}}}}
        assert lines(by_name) == ["dht22", " T 1.0"]
        assert lines({"dht22": {"temperature": 1}}) == ["NO READINGS"]

    def test_more_than_fits_takes_turns(self, runtime) -> None:
        display = self.start(runtime)
        many = [reading(f"s{i}", temperature=1.0) for i in range(5)]
        self.update(runtime, *many)
        first = [bytes(page) for page in display.memory]
        self.update(runtime, *many)
        assert bytes(display.memory[0]) != first[0] and not any(display.memory[2])
        self.update(runtime, *many)
        assert [bytes(page) for page in display.memory] == first

    def test_set_up_anew_after_an_error(self, runtime) -> None:
        display = self.start(runtime)
        self.update(runtime, reading("a"))
        runtime.host.answers["i2c.transfer"] = raising("no acknowledge")
        assert "no acknowledge" in runtime.error("update", json.dumps({"readings": [reading("b")]}))
        runtime.host.answers["i2c.transfer"] = display.transfer
        display.sent.clear()
        self.update(runtime, reading("b"))
        assert len(display.sent) == 17


class Page(html.parser.HTMLParser):
    """Collects a page's tags, attributes and text; fails on a tag that is not closed."""

    VOID = ("meta", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.text: list[tuple[str, str]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """See html.parser."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See html.parser."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """See html.parser. A value's unit belongs to the value."""
        if self.open[-2:] == ["dd", "span"]:
            self.text[-1] = ("dd", self.text[-1][1] + data)
        elif self.open:
            self.text.append((self.open[-1], data))

    def of(self, tag: str) -> list[str]:
        """The texts of one kind of tag."""
        return [text for found, text in self.text if found == tag]


class TestDashboard:
    """The page as a browser would read it."""

    def test_a_flood_leaves_the_others_their_cards(self, runtime) -> None:
        """What render() returns is within its limit, whatever one plugin gives."""
        flood = [reading(f"a-{i}", **{f"f{k}": k for k in range(64)}) for i in range(256)]
        page = self.render(runtime, *flood, reading("dht22", temperature=21.46))
        assert len(self.source.encode()) < 1 << 20
        assert "dht22" in page.of("h2") and 100 < len(page.of("h2")) < 257
        assert f"{257 - len(page.of('h2'))} more sensors are not drawn here." in self.source

    def render(self, runtime, *readings: dict) -> Page:
        """The page for a state."""
        runtime.load_folder("dashboard")
        self.source = runtime.script.call("render",
                                          json.dumps({"readings": list(readings), "nodes": {}}))
        return Page(self.source)

    def test_cards(self, runtime) -> None:
        first = described(reading("dht22", temperature=21.46, humidity=40.0), **CELSIUS,
                          humidity={"unit": "%"})
        page = self.render(runtime, first, reading("new", simulated=True, x=1))
        assert page.of("h2") == ["dht22", "new"]
        assert page.of("dt") == ["Temperature", "Humidity", "X"]
        assert page.of("dd") == ["21.5 °C", "40.0 %", "1"]
        assert [text for text in page.of("span") if text == "simulated"] == ["simulated"]
        assert page.of("p").count("Last seen 2023-11-14 22:13:20 UTC") == 2

    def test_an_error_is_shown_with_the_last_good_time(self, runtime) -> None:
        page = self.render(runtime, reading("dht22", temperature=None, error="no answer",
                                            last_good_ms=NOW - 1000))
        assert page.of("dd") == ["—"] and page.of("dt") == ["Temperature"]
        assert "no answer" in page.of("p")
        assert "Last good value 2023-11-14 22:13:19 UTC" in page.of("p")

    def test_everything_is_escaped(self, runtime) -> None:
        evil = '<img src=x onerror="alert(1)">'
        page = self.render(runtime, reading(evil, **{evil: evil, "error": evil}))
        assert not [tag for tag, _ in page.tags if tag == "img"]
        assert page.of("h2") == [evil] and evil in page.of("p") and evil in page.of("dd")

    def test_nothing_from_outside(self, runtime) -> None:
        page = self.render(runtime)
        assert "No readings yet." in page.of("p")
        assert [attrs["src"] for _, attrs in page.tags if "src" in attrs] == [
            "/assets/harvester.js"]
        assert [attrs["href"] for _, attrs in page.tags if "href" in attrs] == [
            "/assets/icon.svg", "/assets/manifest.webmanifest", "/assets/harvester.css", "#main"]
        assert "//" not in self.source.replace("</", "")

    def test_no_script_of_its_own(self, runtime) -> None:
        """The host would not let it run."""
        page = self.render(runtime, reading("dht22", temperature=21.46))
        assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
        assert not page.of("script")
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]

    def test_monitors_stand_among_the_nodes(self, runtime) -> None:
        self.render(runtime, reading("pi4", cpu_temp=40.0), reading("dht22", temperature=1.0))
        cards, nodes = self.source.split("<harvester-nodes>")
        assert "<h2>dht22</h2>" in cards and "<h2>pi4</h2>" in nodes

    @pytest.mark.parametrize("value, text", [
        (True, "on"), (False, "off"), (None, "—"), ("a", "a"), ([1, 2], "[1, 2]"), (3, "3"),
        (0.000123456, "0.0001235")])
    def test_values(self, runtime, value: object, text: str) -> None:
        assert self.render(runtime, reading("s", any=value)).of("dd") == [text]

    @pytest.mark.parametrize("name, value, field, words, text", [
        ("cpu_temp", 41.26, {"unit": "°C", "decimals": 1}, "CPU temperature", "41.3 °C"),
        ("cpu_temp", 41.26, {}, "CPU temperature", "41.26"),  # a unit is never guessed
        ("t", 20, {"unit": "°C", "shown": {"unit": "°F", "factor": 1.8, "offset": 32.0}}, "T", "68.0 °F"),
        ("fan_on", True, {"name": "Fan relay"}, "Fan relay", "on"), ("on", 1, {}, "On", "1"),
        ("memory_used_mb", 512, {"unit": "MiB", "decimals": 0}, "Memory used", "512 MiB"),
        ("seconds", 0.25, {"unit": "s"}, "Seconds", "0.25 s"),
        ("x", 119, {"unit": "s"}, "X", "119 s"), ("x", 120, {"unit": "s"}, "X", "2 min"),
        ("x", 7200, {"unit": "s"}, "X", "2 h"), ("x", 172800, {"unit": "s"}, "X", "2 days")])
    def test_names_and_units(self, runtime, name: str, value: object, field: dict, words: str,
                             text: str) -> None:
        described = {**reading("s", **{name: value}), "description": {"fields": {name: field}}}
        page = self.render(runtime, described)
        assert (page.of("dt"), page.of("dd")) == ([words], [text])

    def test_the_owner_names_a_sensor(self, runtime) -> None:
        page = self.render(runtime, {**reading("s", x=1), "description": {"name": "Kitchen <1>"}})
        assert page.of("h2") == ["Kitchen <1>"]

    def test_part_of_a_reading(self, runtime) -> None:
        page = self.render(runtime, reading("a", x=None, y=1, error="e"),
                           reading("b", x=None, error="e"), reading("c", x=1))
        kinds = [attrs["class"] for tag, attrs in page.tags if tag == "article"]
        assert kinds == ["partly", "failed", "fine"]

    def test_odd_times(self, runtime) -> None:
        odd = {**reading("s", x=1), "timestamp_ms": 10 ** 300}
        assert "Last seen —" in self.render(runtime, odd).of("p")
