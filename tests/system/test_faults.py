"""A device that fails gives no number: null, the error, and when it was well; then it recovers."""
import shutil
from pathlib import Path
from typing import Iterator

import pytest
from node import ROOT, Harvester, simulated

FAULTS = """
[[hardware.faults]]
device = "bme680"
kind = "no-acknowledge"
start_seconds = 1
duration_seconds = 1
every_seconds = 2

[[hardware.faults]]
device = "dht22"
kind = "checksum"
start_seconds = 1
duration_seconds = 3
every_seconds = 6
"""


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """A node whose sensors fail for a moment, again and again."""
    folder: Path = tmp_path_factory.mktemp("faults")
    for name in ("bme680", "dht22"):
        shutil.copytree(ROOT / "plugins" / name, folder / "plugins" / name)
    with Harvester(folder, simulated() + FAULTS) as harvester:
        yield harvester


@pytest.mark.parametrize("sensor, error, fields", [
    ("bme680", "address 0x77: no acknowledge",
     {"temperature", "humidity", "pressure", "gas_resistance", "iaq_score", "iaq_accuracy"}),
    ("dht22", "checksum", {"temperature", "humidity"})])
def test_fault_and_recovery(harvester: Harvester, sensor: str, error: str,
                            fields: set[str]) -> None:
    """Before, during and after."""
    good = harvester.wait_for_data(
        sensor, "is well", lambda data: data.get("temperature") is not None)
    assert good.keys() - {"error"} == fields
    failed = harvester.wait_for_data(sensor, "failed", lambda data: "last_good_ms" in data)
    reading = harvester.readings()[sensor]
    assert error in failed["error"]
    assert {failed[field] for field in fields} == {None}
    assert reading["timestamp_ms"] >= failed["last_good_ms"] > reading["timestamp_ms"] - 60_000
    assert reading["simulated"] is True
    assert harvester.wait_for_value(sensor).keys() == fields
    assert harvester.log(f"info {sensor}: works again$")
