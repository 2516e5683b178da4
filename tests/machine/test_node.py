"""The installed service on a real kernel, whose buses lead to the simulated chips."""
from contextlib import contextmanager
from typing import Iterator

import pytest
from conftest import CONFIG, PLUGINS, add_plugin, wait_for, wait_until_polled
from cuts import wait_until_up
from machine import Machine

# Sensor, field, what the chips measure (far_end/chips.c) and how far a reading may be from it.
TRUTHS = (
    ("bme680", "temperature", 21.5, 0.5),
    ("bme680", "pressure", 1013.25, 1),
    ("bme280", "temperature", 21.5, 0.5),
    ("bme280", "humidity", 48, 1),
    ("bh1750", "illuminance", 300, 3),
    ("pms5003", "pm25", 12, 1),
    ("sds011", "pm25", 12, 1),
)


@pytest.mark.parametrize("sensor, field, value, tolerance", TRUTHS)
def test_values_are_true(machine: Machine, sensor: str, field: str, value: float, tolerance: float) -> None:
    """From a chip's registers through the driver of a real kernel to the API."""
    data = wait_for(machine, sensor, "has a value", lambda data: data.get(field) is not None and "error" not in data)
    assert data[field] == pytest.approx(value, abs=tolerance)


def test_button(machine: Machine) -> None:
    """The button is pressed every two seconds; its edges are interrupts of a real kernel."""
    first = wait_for(machine, "button", "has a value", lambda data: "presses" in data)["presses"]
    wait_for(machine, "button", "was pressed twice more", lambda data: data.get("presses", 0) >= first + 2)


def test_runs_as_its_own_user(machine: Machine) -> None:
    """No process of the service has root's rights."""
    main = machine.run("systemctl show harvester --property MainPID --value").strip()
    assert machine.run(f"ps -o user= -p {main}").strip() == "harvester"
    assert machine.run(f"grep CapEff /proc/{main}/status").split()[1] == "0" * 16


def test_reload(machine: Machine) -> None:
    """`systemctl reload` applies a changed interval, without a new process."""
    main = machine.run("systemctl show harvester --property MainPID --value")
    machine.run(f"sed -i 's/^interval_seconds = 2$/interval_seconds = 1/' {CONFIG} && systemctl reload harvester")
    machine.wait_until("the change is logged",
                       lambda: "reload: polling.interval_seconds has changed" in machine.journal())
    assert machine.run("systemctl show harvester --property MainPID --value") == main


def test_relay(machine: Machine) -> None:
    """An output line: a plugin switches the fan."""
    add_plugin(machine, "wind", "from wit_world.imports import fan_controller\n\n"
               "def poll():\n    fan_controller.set_fan(True)\n    return {'on': True}\n", "allow_fan = true\n")
    machine.wait_until("the fan runs", lambda: machine.chips.truth()["relays"]["fan"]["on"])
    machine.run(f"rm {PLUGINS}/wind.*")


def test_buzzer(machine: Machine) -> None:
    """An active-low relay: it is off until a plugin has it switched on, and for no longer than it says."""
    buzzer = machine.chips.truth()["relays"]["buzzer"]
    assert (buzzer["on"], buzzer["switched"]) == (False, 0), buzzer
    add_plugin(machine, "alarm", "from wit_world.imports import buzzer_controller\n\n"
               "def poll():\n    buzzer_controller.beep(3, 50, 50)\n    return {'beeps': 3}\n", "allow_buzzer = true\n")
    machine.wait_until("it sounded three times", lambda: machine.chips.truth()["relays"]["buzzer"]["switched"] >= 3)
    machine.run(f"rm {PLUGINS}/alarm.*")
    machine.wait_until("it is off", lambda: not machine.chips.truth()["relays"]["buzzer"]["on"])


def copy_examples(machine: Machine, *names: str) -> None:
    """Plugins out of the package's examples."""
    machine.run(f"cd /usr/share/harvester/plugins && cp -r {' '.join(names)} {PLUGINS}/")


def test_display(machine: Machine) -> None:
    """A picture of 1,025 bytes in one transaction."""
    copy_examples(machine, "oled")
    machine.wait_until("the picture is there", lambda: machine.chips.truth()["ssd1306"]["pixels"].strip("0"))
    assert machine.chips.truth()["ssd1306"]["on"]
    machine.run(f"rm -r {PLUGINS}/oled")


def test_pwm(machine: Machine) -> None:
    """The plugin writes 64 registers in one transaction, and reads back what it wrote."""
    copy_examples(machine, "extra/pca9685")
    wait_for(machine, "pca9685", "lights its outputs", lambda data: data.get("output", 0) > 2)
    machine.run(f"rm -r {PLUGINS}/pca9685")


def test_chip_vanishes_and_returns(machine: Machine) -> None:
    """The driver of virtio-i2c reports a missing acknowledge as a transfer of fewer messages, not as an error."""
    machine.chips.command("fault bh1750 unplugged")
    error = wait_for(machine, "bh1750", "fails", lambda data: "error" in data)["error"]
    assert "0x23" in error, error
    machine.chips.command("mend bh1750")
    wait_for(machine, "bh1750", "is back", lambda data: "error" not in data)


def test_i2c_adapter_vanishes_and_returns(machine: Machine) -> None:
    """As if it were unplugged: its driver can only go, and come back, when nobody has its file open any more."""
    driver = "/sys/bus/virtio/drivers/i2c_virtio"
    device = machine.run(f"cd {driver} && echo virtio*").strip()
    machine.run(f"systemd-run --unit=unplug bash -c 'echo {device} >{driver}/unbind'")
    for sensor in ("bh1750", "bme280"):
        error = wait_for(machine, sensor, "fails", lambda data: "error" in data)["error"]
        assert "no /dev/i2c-1: " in error, error
    machine.wait_until("the driver is gone", lambda: machine.attempt("systemctl is-active unplug")[1].strip() == "inactive")
    wait_until_polled(machine)
    machine.run(f"echo {device} >{driver}/bind")
    for sensor in ("bh1750", "bme280", "bme680"):
        wait_for(machine, sensor, "is back", lambda data: "error" not in data)


def test_serial_adapter_vanishes_and_returns(machine: Machine) -> None:
    """A USB adapter is unplugged, and plugged in again under the same name."""
    machine.monitor("device_del", id="adapter")
    wait_for(machine, "sds011", "fails", lambda data: "error" in data)
    machine.monitor("device_add", driver="usb-serial", id="adapter", chardev="sds011")
    wait_for(machine, "sds011", "is back", lambda data: "error" not in data)


# Its words have changed from version 1 (Debian 12) to version 2.
HOLD_LINE = "if gpioset --help | grep -q -- --mode; then exec gpioset --mode=signal gpiochip0 23=1; " \
    "else exec gpioset --chip gpiochip0 23=1; fi"


def test_line_is_held_by_somebody_else(machine: Machine) -> None:
    """The kernel says so, and the plugin's error does; the line is used once it is free."""
    machine.run(f"systemd-run --unit=holder --collect bash -c '{HOLD_LINE}'")
    machine.wait_until("the line is held", lambda: "gpioset" in machine.run("gpioinfo"))
    add_plugin(machine, "reader", "from wit_world.imports import gpio\n\n"
               "def poll():\n    return {'level': gpio.read(23)}\n", "allow_gpio_in = [23]\n")
    error = wait_for(machine, "reader", "fails", lambda data: "error" in data)["error"]
    assert 'gpio line 23 of gpiochip0 is held by "gpioset"' in error, error
    machine.run("systemctl stop holder")
    wait_for(machine, "reader", "reads the line", lambda data: "level" in data and "error" not in data)
    machine.run(f"rm {PLUGINS}/reader.*")


def test_dead_bus(machine: Machine) -> None:
    """The driver waits for ever for an adapter that does not answer; the plugin's deadline is above it, and the other
    buses go on.
    """
    machine.run(f"sed -i 's/^deadline_seconds = 30$/deadline_seconds = 5/' {CONFIG} && systemctl reload harvester")
    machine.chips.command("hang i2c")
    wait_for(machine, "bh1750", "fails", lambda data: "error" in data)
    wait_until_polled(machine)
    machine.chips.command("answer i2c")


SMBUS = """
from wit_world.imports import i2c

def poll():
    return {{"value": i2c.write_read({bus}, {address}, b"\\x05", 1)[0]}}
"""


@contextmanager
def smbus_plugin(machine: Machine, bus: int, address: int) -> Iterator[None]:
    """A plugin that reads register 5 of a chip, on the bus that plugins use meanwhile."""
    def use(old: int, new: int) -> None:
        machine.run(f"sed -i 's/^i2c_bus = {old}$/i2c_bus = {new}/' {CONFIG} && systemctl restart harvester")
        wait_until_up(machine)

    add_plugin(machine, "smbus", SMBUS.format(bus=bus, address=address), f"allow_i2c = [{address}]\n")
    use(1, bus)
    yield
    machine.run(f"rm {PLUGINS}/smbus.*")
    use(bus, 1)


def test_smbus_only_stub(machine: Machine) -> None:
    """Linux's own simulation of an adapter that knows no i2c transactions."""
    machine.run("modprobe i2c-stub chip_addr=0x48")
    bus = int(machine.run("grep -l stub /sys/bus/i2c/devices/i2c-*/name").split("/")[5].removeprefix("i2c-"))
    machine.run(f"i2cset -y {bus} 0x48 5 0x5a")
    with smbus_plugin(machine, bus, 0x48):
        wait_for(machine, "smbus", "has the chip's value", lambda data: data.get("value") == 0x5a)


def test_smbus_only_mainboard(machine: Machine) -> None:
    """The adapter of many PCs (i801), with the memory's description at 0x50."""
    expected = int(machine.run("i2cget -y 0 0x50 5"), 16)
    with smbus_plugin(machine, 0, 0x50):
        wait_for(machine, "smbus", "has the chip's value",
                 lambda data: data.get("value") == expected and "error" not in data)


def test_watchdog(machine: Machine) -> None:
    """systemd starts a node anew whose loop does not answer."""
    main = machine.run("systemctl show harvester --property MainPID --value").strip()
    machine.run(f"kill -STOP {main}")
    machine.wait_until("another process runs", lambda: machine.run(
        "systemctl show harvester --property MainPID --value").strip() not in ("0", main))
    machine.wait_until("the service is up", lambda: machine.attempt("systemctl is-active harvester")[0] == 0)
    assert "atchdog" in machine.run("journalctl -b -u harvester -o cat --no-pager")
