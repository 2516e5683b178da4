"""Wall two on this kernel, and kernels that lack a part of it: a documented refusal, not a weaker sandbox."""
import json
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import pytest
from conftest import PLUGINS, add_plugin, wait_for
from cuts import plugin_states, wait_until_up
from machine import Machine, pack

HOG = """
kept = []

def poll():
    kept.append(bytearray(8 << 20))
    for block in kept:
        block[::4096] = b"x" * len(block[::4096])
    return {"blocks": len(kept)}
"""


def guests(machine: Machine) -> list[str]:
    """The process ids of plugins' guests; the first of them is the template."""
    return machine.run("pgrep -f harvester-guest").split()


def test_guests_are_locked_in(machine: Machine) -> None:
    """By the kernel's own account of each guest: seccomp's filter, no new privileges, no right of root."""
    machine.wait_until("plugins run", lambda: "idle" in plugin_states(machine).values())
    for pid in guests(machine):
        status = dict(line.split(":\t", 1) for line in machine.run(f"cat /proc/{pid}/status").splitlines()
                      if ":\t" in line)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0, status


def test_forbidden_calls(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """tests/unit/guest/lockdown.c, which makes the calls that wall two forbids, on this kernel."""
    tests = Path(os.environ["HARVESTER_BUILD"]) / "tests/unit/guest/test-guest-lockdown"
    libraries = {Path(word) for word in subprocess.run(["ldd", tests], capture_output=True, text=True, check=True).stdout.split()
                 if word.startswith("/") and "/ld-linux" not in word and "/libc.so" not in word}
    pack(tmp_path / "parcel.tar", [tests, *libraries])
    with Machine(image, far_end, tmp_path / "run", new_disk(), tmp_path / "parcel.tar") as machine:
        machine.unpack()
        output = machine.run(f"cd /root && LD_LIBRARY_PATH=/root ./{tests.name} 2>&1")
        assert "PASSED" in output and "FAILED" not in output, output
        skipped = set(re.findall(r"SKIPPED  ?\] (\w+)$", output, re.MULTILINE))
        assert skipped <= {"landlock_stops_signals_and_abstract_sockets"}, output  # from Linux 6.12 on


GROUPS = "/sys/fs/cgroup/system.slice/harvester.service/guest-*"


def test_memory_over_the_limit(machine: Machine) -> None:
    """A plugin that takes more than its limit is ended, with that reason, and the others go on."""
    add_plugin(machine, "hog", HOG, "memory_mb = 32\n")
    machine.wait_until("the hog was ended", lambda: "its limit is 32 MB" in machine.journal())
    machine.run(f"rm {PLUGINS}/hog.*")
    wait_for(machine, "bme680", "is still read", lambda data: "error" not in data)


def test_control_groups_limit_memory(machine: Machine) -> None:
    """Each guest has a control group with a limit; one that reaches it is killed by the kernel, and started again."""
    limits = machine.run(f"cat {GROUPS}/memory.max").split()
    assert limits and all(limit.isdigit() for limit in limits), limits
    machine.run(f"for group in {GROUPS}; do echo 1M >$group/memory.max; done")
    machine.wait_until("the reason is logged", lambda: "the kernel killed it at the memory limit of its control group" in machine.journal())
    wait_for(machine, "bme680", "is read again", lambda data: "error" not in data)


@contextmanager
def unit_with(machine: Machine, setting: str) -> Iterator[None]:
    """The service with one more setting in its unit."""
    folder = "/run/systemd/system/harvester.service.d"
    machine.write(f"{folder}/test.conf", f"[Service]\n{setting}\n")
    for command in ("true", f"rm -r {folder}"):
        machine.run(f"{command} && systemctl daemon-reload && systemctl restart harvester")
        wait_until_up(machine)
        if command == "true":
            yield


@pytest.mark.parametrize("call, reason", [("seccomp", "this kernel has no seccomp filters"),
                                          ("landlock_create_ruleset", "this kernel has no Landlock")])
def test_kernel_without_a_system_call(machine: Machine, call: str, reason: str) -> None:
    """systemd answers for a kernel that is older than the call, or was built without it. The node runs, its plugins do
    not, and the log says why.
    """
    with unit_with(machine, f"SystemCallFilter=~{call}\nSystemCallErrorNumber=ENOSYS"):
        machine.wait_until("the reason is logged", lambda: reason in machine.journal())
        assert not {"idle", "calling"} & set(plugin_states(machine).values())
    wait_for(machine, "bme680", "is read again", lambda data: "error" not in data)


def doctor(machine: Machine) -> dict[str, dict[str, str]]:
    """The checks by name, as a root shell sees them."""
    return {check["name"]: check for check in json.loads(machine.attempt("harvester doctor --json")[1])["checks"]}


def test_without_control_groups(machine: Machine) -> None:
    """Plugins run, for their limits do not need the groups (docs/decisions/0011); the doctor says what is missing."""
    assert doctor(machine)["cgroup"] == {
        "name": "cgroup", "state": "ok", "advice": None,
        "text": "systemd gives harvester.service /system.slice/harvester.service, so each plugin gets a cgroup"}
    with unit_with(machine, "Delegate=no"):
        assert doctor(machine)["cgroup"]["state"] == "warning"
        wait_for(machine, "bme680", "has a value", lambda data: "error" not in data)
        assert machine.attempt(f"ls -d {GROUPS}")[0] != 0
        ended = machine.journal().count("its limit is 32 MB")
        add_plugin(machine, "hog", HOG, "memory_mb = 32\n")
        machine.wait_until("the hog was ended", lambda: machine.journal().count("its limit is 32 MB") > ended)
        machine.run(f"rm {PLUGINS}/hog.*")


def test_without_landlock(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """The node runs, its plugins do not, and the log says why."""
    with Machine(image, far_end, tmp_path / "run", new_disk(), kernel_words="lsm=yama") as machine:
        wait_until_up(machine)
        machine.wait_until("the reason is logged", lambda: "this kernel has no Landlock" in machine.journal())
        assert "idle" not in plugin_states(machine).values()


def test_without_memory_groups(image: Path, far_end: Path, new_disk: Callable[[], Path], tmp_path: Path) -> None:
    """Plugins run: their limits do not need the control group (docs/decisions/0011)."""
    with Machine(image, far_end, tmp_path / "run", new_disk(), kernel_words="cgroup_disable=memory") as machine:
        wait_until_up(machine)
        wait_for(machine, "bme680", "has a value", lambda data: "error" not in data)
        add_plugin(machine, "hog", HOG, "memory_mb = 32\n")
        machine.wait_until("the hog was ended", lambda: "memory" in "".join(
            line for line in machine.journal().splitlines() if "hog" in line))
