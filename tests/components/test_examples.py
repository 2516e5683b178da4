"""The plugins of examples/, in C and in Rust: built by their own tools, they tell the truth."""
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
from conftest import CONFIG
from node import BUILD, ROOT, Harvester

COMPILE_SECONDS = 120

# What they read, by their names, which are those of their sensors too.
FIELDS = {"climate": ("temperature", "humidity"), "light": ("illuminance",)}

# Sensor, its field; the truth's name of both, and how far from it a reading may be: the
# sensor's noise and resolution, and what the world drifts in a second.
TRUTHS = (
    ("climate", "temperature", "dht22", "temperature", 0.2),
    ("climate", "humidity", "dht22", "humidity", 0.4),
    ("light", "illuminance", "bh1750", "lux", 5),
)

# They come and go, so that a plugin meets both, whenever it starts.
FAULTS = "".join(f"""
[[hardware.faults]]
device = "{device}"
kind = "{kind}"
duration_seconds = 4
every_seconds = 8
""" for device, kind in (("dht22", "checksum"), ("bh1750", "no-acknowledge")))


@pytest.fixture(scope="module")
def plugins() -> Path:
    """A folder with both, built."""
    check = subprocess.run([ROOT / "tools" / "setup-examples", "--check"], capture_output=True,
                           text=True, check=False)
    if check.returncode:
        pytest.skip(check.stdout.strip() or check.stderr.strip())
    subprocess.run([ROOT / "tools" / "build-examples", BUILD / "examples"], check=True)
    return BUILD / "examples" / "plugins"


@pytest.fixture(scope="module")
def node(plugins: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """A node that has polled both."""
    with Harvester(tmp_path_factory.mktemp("examples"), CONFIG, plugins) as harvester:
        for name in FIELDS:
            harvester.wait_for_log(f": compiled {name} in ", seconds=COMPILE_SECONDS)
        for sensor in FIELDS:
            harvester.wait_for_value(sensor)
        yield harvester


@pytest.mark.parametrize("sensor,field,device,name,tolerance", TRUTHS)
def test_values_are_true(node: Harvester, sensor: str, field: str, device: str, name: str,
                         tolerance: float) -> None:
    """Each value is near the simulated world's own."""
    truth = node.get_json("/api/v1/simulation")[device][name]
    assert node.data(sensor)[field] == pytest.approx(truth, abs=tolerance)


def test_c_says_what_its_fields_mean(node: Harvester) -> None:
    """A component's describe() gives units, quantities and ranges as that of a `.py` does."""
    reading = next(reading for reading in node.get_json("/api/v1/readings")["readings"]
                   if reading["sensor_id"].endswith(":climate"))
    assert reading["units"] == {"temperature": "°C", "humidity": "%"}
    assert reading["description"]["fields"] == {
        "temperature": {"unit": "°C", "quantity": "temperature", "decimals": 1, "minimum": -40.0, "maximum": 80.0},
        "humidity": {"unit": "%", "quantity": "humidity", "decimals": 1, "minimum": 0.0, "maximum": 100.0}}
    assert "harvester_reading_temperature_celsius{" in node.get("/metrics").decode()


def test_nobody_complains(node: Harvester) -> None:
    """Both run as components, without an error, a refused call or a restart."""
    for name in FIELDS:
        plugin = node.plugin(name)
        assert plugin["kind"] == "component" and plugin["polls"]
        assert (plugin["errors"], plugin["denied_calls"], plugin["restarts"]) == (0, 0, 0), plugin


def test_c_shows_the_temperature(node: Harvester) -> None:
    """On LED 1, which is its own."""
    def colour() -> dict[str, Any] | None:
        leds = node.get_json("/api/v1/simulation")["leds"]
        return leds if any(bytes.fromhex(leds[1])) else None
    assert node.wait_until("LED 1 is lit", colour)


def test_c_needs_no_wasi(plugins: Path) -> None:
    """Whoever asks for nothing imports nothing; Rust's standard library always asks."""
    assert b"wasi:" not in (plugins / "climate" / "plugin.wasm").read_bytes()
    assert b"wasi:" in (plugins / "light" / "plugin.wasm").read_bytes()


def test_a_sensor_that_fails(plugins: Path, tmp_path: Path) -> None:
    """An absent value with its reason, in the same process; and a value again afterwards."""
    with Harvester(tmp_path, CONFIG + FAULTS, plugins) as harvester:
        for name in FIELDS:
            harvester.wait_for_log(f": compiled {name} in ", seconds=COMPILE_SECONDS)
        for sensor, error in (("light", "illuminance is nan"),
                              ("climate", "temperature is nan; humidity is nan")):
            failed = harvester.wait_for_data(sensor, "fails", lambda data: "error" in data)
            assert failed["error"] == error
            assert set(map(failed.get, FIELDS[sensor])) == {None}
            harvester.wait_for_value(sensor)
        harvester.wait_for_log(" error climate: .*checksum")
        harvester.wait_for_log(" error light: the BH1750 at 0x23: .*acknowledge")
        assert {harvester.plugin(name)["restarts"] for name in FIELDS} == {0}
