"""`harvester doctor --fix` with the machine's own usermod, on a copy of /etc that only the test sees."""
import os
import pty
import subprocess
from pathlib import Path

import pytest
from node import PATIENCE, PROGRAM, command

MODULES_FILE = "modules-load.d/harvester.conf"
SCRIPT = """mount --bind "$0/etc" /etc && mount --bind "$0/class" /sys/class && exec "$@" """
CAN_MOUNT = os.geteuid() == 0 and subprocess.run(
    ["unshare", "--mount", "sh", "-c", "mount --bind /tmp /sys/class"], capture_output=True,
    check=False).returncode == 0

needs_mounts = pytest.mark.skipif(not CAN_MOUNT, reason="needs root that may mount")


@pytest.fixture(name="machine")
def make_machine(tmp_path: Path) -> Path:
    """No driver is loaded, the groups i2c and dialout exist, and nobody is in none of them."""
    subprocess.run(["cp", "-a", "/etc", tmp_path], check=True)
    (tmp_path / "etc/modules-load.d").mkdir(exist_ok=True)
    (tmp_path / "etc" / MODULES_FILE).unlink(missing_ok=True)
    groups = [line for line in (tmp_path / "etc/group").read_text().splitlines()
              if line.split(":")[0] not in ("i2c", "spi", "gpio", "dialout")]
    (tmp_path / "etc/group").write_text("\n".join([*groups, "i2c:x:64001:", "dialout:x:64002:", ""]))
    (tmp_path / "class").mkdir()
    (tmp_path / "bin").mkdir()
    modprobe = tmp_path / "bin/modprobe"
    modprobe.write_text('#!/bin/sh\nmkdir "/sys/class/$1"\n')
    modprobe.chmod(0o755)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/air.py").write_text("def poll():\n    return None\n")
    (tmp_path / "plugins/air.permission.toml").write_text("allow_i2c = [0x77]\n")
    (tmp_path / "c.toml").write_text("[hardware]\nbackend = 'linux'\n[leds]\ncount = 0\n"
                                     "[permissions]\nauto_approve = true\n")
    return tmp_path


def doctor(machine: Path, *words: str, before: tuple[str, ...] = (),
           answers: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run it there; with `answers`, on a terminal where a person types them."""
    terminal, stdin = pty.openpty()
    if answers is not None:
        os.write(terminal, answers.encode())
    environment = {**os.environ, "SUDO_USER": "nobody", "PATH": f"{machine}/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    try:
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", SCRIPT, machine, *before, PROGRAM, "doctor", *words,
             "--config", machine / "c.toml", "--plugins", machine / "plugins", "--data", machine / "data"],
            stdin=subprocess.DEVNULL if answers is None else stdin, env=environment, capture_output=True,
            text=True, timeout=PATIENCE, check=False)
    finally:
        os.close(terminal)
        os.close(stdin)


def members(machine: Path, group: str) -> str:
    """The last field of the group's line."""
    lines = (machine / "etc/group").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{group}:")).split(":")[3]


@needs_mounts
def test_all_of_it(machine: Path) -> None:
    """The checks name what is missing; --fix --yes puts it right; then there is nothing left to do."""
    before = doctor(machine).stdout
    assert "i2c-dev: not loaded; needed by air. spidev: not loaded; not needed" in before
    assert "nobody is a member of: none; not a member of: i2c, dialout" in before
    assert "`sudo harvester doctor --fix --config " in before

    done = doctor(machine, "--fix", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Write /etc/modules-load.d/harvester.conf:\n    # Written by" in done.stdout
    for step in ("    i2c-dev", "Run modprobe i2c-dev", "Run usermod -aG i2c nobody",
                 "Run usermod -aG dialout nobody"):
        assert f"\n{step}\n" in done.stdout
    assert "[y/N]" not in done.stdout
    assert "To do: log in again as nobody" in done.stdout
    assert (machine / "etc" / MODULES_FILE).read_text().splitlines()[1:] == ["i2c-dev"]
    assert (machine / "class/i2c-dev").is_dir()
    assert members(machine, "i2c") == members(machine, "dialout") == "nobody"

    after = doctor(machine, "--fix", answers="")
    assert (after.returncode, after.stderr) == (0, "")
    assert after.stdout.startswith("Nothing to put right:")
    assert "i2c-dev: loaded" in doctor(machine).stdout


@needs_mounts
def test_a_person_is_asked(machine: Path) -> None:
    """Each step has its question, and only what was agreed to is done."""
    done = doctor(machine, "--fix", answers="n\nn\ny\nno\n")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("Do this? [y/N] ") == 4
    assert done.stdout.count("not done: the answer was not yes") == 3
    assert not (machine / "etc" / MODULES_FILE).exists()
    assert not (machine / "class/i2c-dev").exists()
    assert (members(machine, "i2c"), members(machine, "dialout")) == ("nobody", "")


@needs_mounts
@pytest.mark.parametrize("before, words, problem", [
    ((), (), "there is no terminal to ask on; run `harvester doctor --fix --config "),
    (("unshare", "--user"), ("--yes",), "only root may do this; run `sudo harvester doctor --fix --config "),
])
def test_nothing_is_changed(machine: Path, before: tuple[str, ...], words: tuple[str, ...],
                            problem: str) -> None:
    """Without a terminal or without root, it shows the steps, says why it does none, and fails."""
    done = doctor(machine, "--fix", *words, before=before)
    if "unshare failed" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.returncode == 1
    assert f"nothing was changed: {problem}" in done.stderr
    assert "\nRun modprobe i2c-dev\nRun usermod -aG i2c nobody\n" in done.stdout
    assert not (machine / "etc" / MODULES_FILE).exists()
    assert members(machine, "i2c") == ""


@needs_mounts
def test_the_kernel_lacks_the_module(machine: Path) -> None:
    """modprobe's reason is shown, the other steps are done, and it fails."""
    (machine / "bin/modprobe").write_text("#!/bin/sh\necho 'FATAL: Module i2c-dev not found.' >&2\nexit 1\n")
    done = doctor(machine, "--fix", "--yes")
    assert done.returncode == 1
    assert "    failed: modprobe failed with status 1: FATAL: Module i2c-dev not found.\n" in done.stdout
    assert "To do: reboot; the modules in the new file are loaded then" in done.stdout
    assert members(machine, "i2c") == "nobody"


@pytest.mark.parametrize("words, problem", [
    (("--fix", "--json"), "--fix asks a person, so it does not go with --json"),
    (("--yes",), "--yes agrees to what --fix does; give --fix too"),
])
def test_wrong_usage(words: tuple[str, ...], problem: str) -> None:
    """Options that do not go together are named."""
    done = command("doctor", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"harvester doctor: {problem}\n")


def test_the_simulation_needs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated buses need no module, and root needs no group."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    (tmp_path / "c.toml").write_text("[hardware]\nbackend = 'sim'\n")
    done = command("doctor", "--fix", "--config", tmp_path / "c.toml", "--data", tmp_path / "data",
                   cwd=tmp_path)
    assert "modprobe" not in done.stdout
    if os.geteuid() == 0 and not Path("/run/systemd/system").exists():
        assert (done.returncode, done.stderr, done.stdout) == (
            0, "", "Nothing to put right: every module and group that this node needs is there.\n")


def test_a_configuration_with_problems(tmp_path: Path) -> None:
    """What such a node needs is not guessed: the problems are named, and it fails."""
    (tmp_path / "c.toml").write_text("[hardware]\nbackend = 'sim'\ni2c_buss = 1\n")
    for where in ((), ("--data", tmp_path / "data")):
        done = command("doctor", "--fix", "--yes", "--config", tmp_path / "c.toml", *where, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("i2c_buss") == 1
        assert "harvester doctor: nothing was changed: " in done.stderr


def test_the_demonstration_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configuration it says what it looked at, lest somebody believes it was their node."""
    if Path("/etc/harvester/config.toml").exists() or os.geteuid():
        pytest.skip("this machine has a configuration, or its user may lack groups")
    monkeypatch.delenv("SUDO_USER", raising=False)
    done = command("doctor", "--fix", "--data", tmp_path / "data", cwd=tmp_path)
    assert done.returncode == 0
    assert "This is about the built-in demonstration" in done.stdout
