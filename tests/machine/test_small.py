"""A machine of 512 MB and one core, like a Raspberry Pi Zero 2 W: what the node with three plugins and an open page takes of it.

QEMU counts instructions here (COUNTED), however fast it runs. So the processor time that the kernel accounts to the service is a
number of instructions, its own and the kernel's for it.
"""
from pathlib import Path
from typing import Callable

from conftest import CONFIG, CONFIGURATION, PLUGINS
from cuts import wait_until_up
from machine import BOARD_NAME, COUNTED, INSTRUCTIONS_PER_US, Machine

MEMORY_MB = 512
PLUGIN_NAMES = ("bh1750", "bme680", "extra/pms5003")
SENSORS = ("bh1750", "bme680", "pms5003")
IDLE_SECONDS = 60
PSS_MB_MAX = 80
INSTRUCTIONS_A_SECOND_MAX = 5e6
GROUP = "/sys/fs/cgroup/system.slice/harvester.service"
# What an open page asks for: every event, as it comes.
PAGE = ("exec 3<>/dev/tcp/127.0.0.1/3000; printf 'GET /api/v1/events HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3; "
        "exec cat <&3 >/run/page")


def instructions(machine: Machine) -> int:
    """Those that the service has executed since it was started."""
    return INSTRUCTIONS_PER_US * int(machine.run(f"awk '/^usage_usec/ {{ print $2 }}' {GROUP}/cpu.stat"))


def pss_mb(machine: Machine) -> dict[str, float]:
    """Of each kind of process: memory that several share is divided among them."""
    sums = {"harvester": 0.0, "harvester-guest": 0.0}
    for line in machine.run(f"for pid in $(cat $(find {GROUP} -name cgroup.procs)); do "
                            "echo $(readlink /proc/$pid/exe) $(awk '/^Pss:/ { print $2 }' /proc/$pid/smaps_rollup); done").splitlines():
        program, size = line.split()
        sums[Path(program).name] += int(size) / 1024
    return sums


def instructions_a_second(machine: Machine) -> float:
    """While nothing but the plugins' polls happens, over a minute of the machine's own time."""
    output = machine.run(f"cd {GROUP}; look() {{ awk '/^usage_usec/ {{ print $2 }}' cpu.stat; cut -d' ' -f1 /proc/uptime; }}; "
                         f"look; sleep {IDLE_SECONDS}; look").split()
    used, seconds = int(output[2]) - int(output[0]), float(output[3]) - float(output[1])
    return INSTRUCTIONS_PER_US * used / seconds


def prepare(machine: Machine) -> None:
    """Three plugins, and a start of the service with nothing of it in memory yet."""
    wait_until_up(machine)
    machine.run("systemctl stop harvester")
    machine.write(CONFIG, CONFIGURATION.replace("interval_seconds = 2\n", "interval_seconds = 10\n"))
    machine.run(f"rm -r {PLUGINS}/* && cd /usr/share/harvester/plugins && cp -r {' '.join(PLUGIN_NAMES)} {PLUGINS}/ && "
                f"chown -R harvester: {PLUGINS} && sync && echo 3 >/proc/sys/vm/drop_caches && systemctl start harvester")


def wait_until_read(machine: Machine) -> None:
    """In the machine, and by the log of this start: asking the API would count as the service's work."""
    has_all = " && ".join(f"grep -q 'info {sensor}: .*[0-9]' /run/lines" for sensor in SENSORS)
    machine.run("start=$(systemctl show harvester --property InvocationID --value); "
                f"until journalctl -o cat _SYSTEMD_INVOCATION_ID=$start >/run/lines; {has_all}; do sleep 1; done")


def test_small_machine(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """All of it runs, within the bounds. The figures are printed; docs/HARDWARE.md has them."""
    with Machine(image, far_end, tmp_path / "run", new_disk(), options=COUNTED, memory_mb=MEMORY_MB) as machine:
        prepare(machine)
        ready = instructions(machine)
        wait_until_read(machine)
        read = instructions(machine)
        machine.write("/run/page", "")  # what follows may look before bash has opened it
        machine.write("/run/page.sh", PAGE)
        machine.run("systemd-run --unit=page --collect bash /run/page.sh")
        machine.wait_until("the page gets readings", lambda: "pm25" in machine.run("cat /run/page"))
        rate, memory = instructions_a_second(machine), pss_mb(machine)
        left = int(machine.run("awk '/^MemAvailable/ { print $2 }' /proc/meminfo")) / 1024
    total = sum(memory.values())
    print(f"\n{BOARD_NAME}: {ready / 1e6:.0f} million instructions until the service is ready, {read / 1e6:.0f} until all three are read"
          f"\n{rate / 1e6:.2f} million instructions a second while only the plugins are polled"
          f"\nPSS {total:.1f} MB, of that the node {memory['harvester']:.1f} MB; the machine has {left:.0f} MB left of {MEMORY_MB}")
    assert total < PSS_MB_MAX and rate < INSTRUCTIONS_A_SECOND_MAX
