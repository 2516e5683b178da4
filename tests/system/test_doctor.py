"""`harvester doctor`: what it says of this machine agrees with the machine, in both forms."""
import ctypes
import json
import os
import platform
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from node import BUILD, PATIENCE, PROGRAM, Harvester, command, simulated

NEEDED = {"no_new_privs", "seccomp", "landlock", "close_range", "user", "guest", "python"}
NAMES = ["kernel", "no_new_privs", "seccomp", "landlock", "close_range", "cgroup", "user", "guest", "python",
         "cpu-temperature", "hardware", "node", "i2c", "spi", "gpio", "serial", "modules", "groups",
         *(["service"] if Path("/run/systemd/system").exists() else []), "data", "i2c-scan", "gpio-chips", "gpio-lines", "thermal", "iio"]


def doctor(program: Path = PROGRAM) -> tuple[int, dict[str, dict[str, Any]], bool]:
    """Exit status, the checks by name, and `ok`."""
    done = subprocess.run([program, "doctor", "--json"], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said.keys() == {"ok", "checks"}
    assert [check["name"] for check in said["checks"]] == NAMES
    return done.returncode, {check["name"]: check for check in said["checks"]}, said["ok"]


def test_for_machines() -> None:
    """Every check has its state; what is needed is there, or the status says that it is not."""
    status, checks, is_well = doctor()
    missing = {name for name, check in checks.items() if check["state"] == "missing"}
    assert missing <= NEEDED
    assert (status, is_well) == ((1, False) if missing else (0, True))
    assert all(check["state"] in ("ok", "warning", "missing") for check in checks.values())
    assert all(checks[name]["advice"] for name in missing)
    assert platform.release() in checks["kernel"]["text"]
    assert checks["guest"]["text"] == str(BUILD / "harvester-guest")
    assert checks["python"]["text"] == str(BUILD / "runtime.cwasm")
    assert checks["hardware"]["text"] == (
        "simulated, as the built-in demonstration says: i2c, spi, gpio, uart, 1-wire")
    assert ("root" in checks["user"]["text"]) == (os.geteuid() == 0)


def enter_user_namespace(ids: int) -> None:
    """In a child before it executes: the ids 0 to `ids` - 1 are all that there are. See
    user_namespaces(7): a process outside writes the maps.
    """
    me = os.getpid()
    ready, go = os.pipe()
    helper = os.fork()
    if not helper:
        os.read(ready, 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{me}/{name}").write_text(f"0 0 {ids}")
        os._exit(0)
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):  # CLONE_NEWUSER
        os.kill(helper, signal.SIGKILL)
        os.waitpid(helper, 0)
        raise OSError(ctypes.get_errno(), "no user namespaces here")
    os.write(go, b"x")
    if os.waitpid(helper, 0)[1]:
        raise OSError("the ids cannot be mapped")


@pytest.mark.skipif(os.geteuid() != 0, reason="it is about what guests of root become")
@pytest.mark.parametrize("ids, state, text", [
    (1996488704 + 4194304, "ok", "each guest gets a user id of its own, 1996488704 + its"),
    (1996488704 + 4194303, "warning", "guests share the user nobody"),
    (65535, "warning", "guests share the user nobody"),
    (65534, "missing", "guests cannot become nobody"),
])
def test_ids_of_guests(ids: int, state: str, text: str) -> None:
    """A user namespace that lacks the guests' ids is named, with what becomes of them."""
    try:
        done = subprocess.run([PROGRAM, "doctor", "--json"], capture_output=True, text=True,
                              timeout=PATIENCE, check=False,
                              preexec_fn=lambda: enter_user_namespace(ids))
    except subprocess.SubprocessError:
        pytest.skip("no user namespaces here")
    check = {one["name"]: one for one in json.loads(done.stdout)["checks"]}["user"]
    assert (check["state"], text in check["text"]) == (state, True), check
    assert bool(check["advice"]) == (state != "ok")


@pytest.mark.skipif(os.geteuid() != 0, reason="it is about what guests of root become")
def test_guests_run_without_ids_of_their_own(tmp_path: Path, plugins: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """Where these ids are not, guests are nobody, and run."""
    real = subprocess.Popen

    def inside(*args: object, **options: object) -> object:
        return real(*args, preexec_fn=lambda: enter_user_namespace(65535), **options)  # type: ignore

    (plugins / "one.py").write_text("def poll():\n    return {'value': 1}\n")
    monkeypatch.setattr(subprocess, "Popen", inside)
    try:
        node = Harvester(tmp_path, simulated(), plugins)
    except subprocess.SubprocessError:
        pytest.skip("no user namespaces here")
    with node:
        node.wait_for_value("one")
        status = Path(f"/proc/{node.plugin('one')['pid']}/status").read_text()
        assert "\nUid:\t65534\t65534\t65534\t65534\n" in status
        assert "\nCapPrm:\t0000000000000000\n" in status


def test_an_open_data_folder(tmp_path: Path) -> None:
    """It is named, with what to run; then it is well."""
    data = tmp_path / "data"

    def look() -> dict[str, Any]:
        said = json.loads(command("doctor", "--json", "--data", data).stdout)
        return next(check for check in said["checks"] if check["name"] == "data")
    assert (look()["state"], look()["text"]) == ("ok", f"{data} does not exist yet; the node creates it")
    for mode in (0o755, 0o710, 0o701):
        data.mkdir(exist_ok=True)
        data.chmod(mode)
        check = look()
        assert check["state"] == "warning" and f"other users may access {data} (mode {mode:04o})" in check["text"]
        assert check["advice"] == f"`chmod 700 {data}`"
        subprocess.run(check["advice"].strip("`").split(), check=True)
        assert (look()["state"], look()["text"]) == ("ok", f"{data}, which only its user may access")


@pytest.mark.parametrize("name, pattern", [("i2c", "i2c-[0-9]*"), ("spi", "spidev*"),
                                           ("gpio", "gpiochip*")])
def test_buses(name: str, pattern: str) -> None:
    """What is below /dev is named, and a bus that is not there is a warning at most."""
    check = doctor()[1][name]
    files = sorted(str(path) for path in Path("/dev").glob(pattern))
    assert all(path in check["text"] for path in files[:4])
    usable = files and all(os.access(path, os.R_OK | os.W_OK) for path in files)
    assert check["state"] == ("ok" if usable else "warning")


def test_for_people() -> None:
    """A line for each check, the same as for machines, and how it comes out at the end."""
    status, checks, is_well = doctor()
    done = command("doctor")
    assert (done.returncode, done.stderr) == (status, "")
    for name, check in checks.items():
        if name != "cpu-temperature":  # it changes
            assert f"{check['state']:<8} {name:<16} {check['text']}\n" in done.stdout
        assert (check["advice"] or "") in done.stdout
    assert done.stdout.endswith("\nPlugins can run here.\n") == is_well


@pytest.mark.parametrize("name, check", [("harvester-guest", "guest"), ("runtime.cwasm", "python")])
def test_a_part_is_missing(tmp_path: Path, name: str, check: str) -> None:
    """A program without its other parts says so, with what to do, and fails."""
    shutil.copy(PROGRAM, tmp_path)
    for part in {"harvester-guest", "runtime.cwasm"} - {name}:
        (tmp_path / part).symlink_to(BUILD / part)
    status, checks, is_well = doctor(tmp_path / "harvester")
    assert (status, is_well) == (1, False)
    assert checks[check]["state"] == "missing"
    assert "make build" in checks[check]["advice"]
