"""The short form: install the package, read six sensors, reload, cut the power."""
from pathlib import Path

from conftest import CONFIG, CONFIGURATION, add_sensors, install, wait_for
from cuts import stored, wait_until_up
from machine import Machine, create_disk, pack

FIELDS = {"bme680": "pressure", "bme280": "humidity", "bh1750": "illuminance", "pms5003": "pm25", "sds011": "pm25",
          "button": "presses"}


def test_short(image: Path, far_end: Path, package: Path, tmp_path: Path) -> None:
    """One test, since each start of the machine costs most of its time."""
    disk, parcel = tmp_path / "disk.qcow2", tmp_path / "parcel.tar"
    create_disk(image, disk)
    pack(parcel, [package])
    with Machine(image, far_end, tmp_path / "run", disk, parcel) as machine:
        output = install(machine, package)
        assert "rror" not in output, output
        wait_until_up(machine)
        machine.write(CONFIG, CONFIGURATION)
        add_sensors(machine)
        wait_until_up(machine)
        for sensor, field in FIELDS.items():
            wait_for(machine, sensor, "has a value",
                     lambda data, field=field: data.get(field) is not None and "error" not in data)
        machine.run(f"sed -i 's/^interval_seconds = 2$/interval_seconds = 1/' {CONFIG} && systemctl reload harvester")
        machine.wait_until("the new interval counts", lambda: "polling.interval_seconds" in machine.journal())
        before = machine.wait_until("readings are stored", lambda: stored(machine))
    with Machine(image, far_end, tmp_path / "run", disk) as machine:
        wait_until_up(machine)
        assert stored(machine)[:len(before)] == before
