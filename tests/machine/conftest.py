"""A virtual machine on which harvester's package is installed."""
import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from machine import BOARD, Machine, create_disk, pack

CONFIG = "/etc/harvester/config.toml"
PLUGINS = "/var/lib/harvester/plugins"
SENSORS = ("bh1750", "bme680", "extra/bme280", "extra/button", "extra/pms5003", "extra/sds011")

CONFIGURATION = f"""
[cluster]
node_id = "machine"
[polling]
interval_seconds = 2
deadline_seconds = 30
[sensors.dht22]
gpio_pin = -1
[leds]
count = 0
gpio_pin = -1
[buzzer]
gpio_pin = 17
[fan]
gpio_pin = 27
[hardware]
backend = "linux"
{BOARD.buses}
[history]
commit_seconds = 1
[paths]
plugins = "/var/lib/harvester/plugins"
data = "/var/lib/harvester/data"
[permissions]
auto_approve = true
[plugins.bme680.grant]
allow_i2c = [0x77]
"""


def _file(variable: str, what: str) -> Path:
    """A file or folder that tools/test-machine made."""
    path = Path(os.environ.get(variable, ""))
    assert variable in os.environ and path.exists(), f"{variable} names no {what}: run tools/test-machine"
    return path


@pytest.fixture(scope="session")
def image() -> Path:
    """The folder that tools/setup-machine made."""
    return _file("HARVESTER_MACHINE_IMAGE", "folder of a machine's image")


@pytest.fixture(scope="session")
def far_end() -> Path:
    """The program at the far end of the machine's buses."""
    return _file("HARVESTER_FAR_END", "program far-end")


@pytest.fixture(scope="session")
def package() -> Path:
    """harvester's package for the machine."""
    return _file("HARVESTER_DEB", "package")


def install(machine: Machine, package: Path) -> str:
    """Install the package as its users do; what apt printed."""
    machine.unpack()
    return machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /root/{package.name} 2>&1")


def add_sensors(machine: Machine) -> None:
    """The plugins of six sensors, out of the package's examples."""
    machine.run(f"cd /usr/share/harvester/plugins && cp -r {' '.join(SENSORS)} {PLUGINS}/ && "
                f"chown -R harvester: {PLUGINS} && systemctl restart harvester")


def add_plugin(machine: Machine, name: str, text: str, permission: str = "") -> None:
    """A plugin of one file. Its permission file comes first: a change of it alone asks for approval again."""
    if permission:
        machine.write(f"{PLUGINS}/{name}.permission.toml", permission)
    machine.write(f"{PLUGINS}/{name}.py", text)


def wait_for(machine: Machine, sensor: str, what: str, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The fields of one sensor once they are as wanted."""
    def look() -> dict[str, Any] | None:
        data = machine.readings().get(sensor, {}).get("data", {})
        return data if data and condition(data) else None
    return machine.wait_until(f"{sensor} {what}", look)


def wait_until_polled(machine: Machine) -> None:
    """At least once from now on. The value of the poll before has to be shown at once."""
    before = machine.readings()["button"]["data"]["presses"]
    wait_for(machine, "button", "is still polled", lambda data: data.get("presses", 0) > before)


@pytest.fixture(scope="session")
def installed(image: Path, far_end: Path, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk on which the package is installed, with the plugins of six sensors."""
    folder = tmp_path_factory.mktemp("installed")
    disk, parcel = folder / "disk.qcow2", folder / "parcel.tar"
    create_disk(image, disk)
    pack(parcel, [package])
    with Machine(image, far_end, folder / "run", disk, parcel) as machine:
        output = install(machine, package)
        (folder / "install.log").write_text(output)
        machine.write(CONFIG, CONFIGURATION)
        add_sensors(machine)
        machine.run("systemctl poweroff --force")
        machine.process.wait()
    return disk


@pytest.fixture(scope="session")
def new_disk(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes disks that begin with the installed one."""
    def make() -> Path:
        disk = tmp_path_factory.mktemp("disk") / "disk.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", installed, disk], check=True)
        return disk
    return make


@pytest.fixture(scope="module")
def machine(image: Path, far_end: Path, new_disk: Callable[[], Path],
            tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One machine for all of a file, with the service up and the button read."""
    with Machine(image, far_end, tmp_path_factory.mktemp("run") / "run", new_disk()) as running:
        running.wait_until("the service is up", lambda: running.attempt("systemctl is-active harvester")[0] == 0)
        wait_for(running, "button", "has a value", lambda data: "presses" in data)
        yield running
