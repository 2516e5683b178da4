"""Configurations, good and bad: `check` explains all of their problems, `run` refuses them."""
import json
import os
import socket
from pathlib import Path

import pytest
from node import COUNTER, ROOT, Harvester, command, simulated

PROFILES = ("host", "hub", "spoke", "pizero", "demo", "extra")

# A configuration and what is said of it, behind the file's name.
PROBLEMS = {
    "no-toml": ('[polling\ninterval_seconds = 1\n', ["1:9: "]),
    "unknown-key": ('[polling]\nintervall_seconds = 1\n',
                    ["2:1: unknown key polling.intervall_seconds, did you mean "
                     "interval_seconds?"]),
    "unknown-section": ('[poling]\ninterval_seconds = 1\n',
                        ["1:2: unknown section poling, did you mean polling?"]),
    "wrong-type": ('[polling]\ninterval_seconds = "often"\n',
                   ['2:20: polling.interval_seconds: expected a number from 0.005 to 86400, found '
                    'the string "often"']),
    "out-of-range": ('[sensors.bme680]\ni2c_address = 0x78\n',
                     ['2:15: sensors.bme680.i2c_address: expected an i2c address from 0x08 to 0x77 '
                      '(0x77 or "0x77"), found the integer 120']),
    "no-choice": ('[hardware]\nbackend = "real"\n',
                  ['2:11: hardware.backend: expected "linux" or "sim", found the string "real"']),
    "two-problems": ('[leds]\ncount = -1\nbrightness = 256\n',
                     ["2:9: leds.count: expected an integer from 0 to 445, found the integer -1",
                      "3:14: leds.brightness: expected an integer from 0 to 255, found the integer "
                      "256"]),
}


def run(folder: Path, config: str, *options: str, plugins: Path | None = None) -> tuple[int, str]:
    """`run` of a configuration that has to be refused: status and what it said."""
    harvester = Harvester(folder, config, plugins, options)
    try:
        return harvester.end(), "\n".join(harvester.lines) + "\n"
    finally:
        harvester.process.kill()


@pytest.mark.parametrize("name", PROBLEMS)
def test_bad_configuration(tmp_path: Path, plugins: Path, name: str) -> None:
    """Every problem with file, line and column, on stdout of `check` and on stderr of `run`."""
    text, problems = PROBLEMS[name]
    status, said = run(tmp_path, text)
    lines = said.splitlines()
    config = tmp_path / "config.toml"
    assert status == 1
    assert len(lines) == len(problems)
    for line, problem in zip(lines, problems):
        assert line.startswith(f"{config}:{problem}")
    done = command("check", "--config", config, "--plugins", plugins)
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [*lines, count]
    as_json = json.loads(command("check", "--config", config, "--plugins", plugins,
                                 "--json").stdout)
    assert as_json == {"ok": False, "problems": lines}


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_are_good(profile: str) -> None:
    """The ones that ship."""
    path = ROOT / "config" / f"{profile}.toml"
    done = command("check", "--config", path, "--plugins", ROOT / "plugins")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: no problem found\n", "")


def test_check_looks_at_permission_files(tmp_path: Path, plugins: Path) -> None:
    """Those of all plugins, beside the configuration's own problems."""
    (tmp_path / "config.toml").write_text(simulated())
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text("allow_gpio = [256]\n")
    done = command("check", "--config", tmp_path / "config.toml", "--plugins", plugins)
    assert done.returncode == 1
    assert done.stdout == (f"{plugins}/one.permission.toml:1:15: allow_gpio: expected a GPIO line "
                           "from 0 to 255, found the integer 256\n1 problem\n")


def test_absent_configuration(tmp_path: Path, plugins: Path) -> None:
    """A file that was asked for and is not there is no reason to run a demonstration."""
    for words in (("run",), ("check", "--plugins", plugins)):
        done = command(*words, "--config", tmp_path / "absent.toml")
        assert done.returncode == 1
        assert f"{tmp_path}/absent.toml: No such file or directory\n" in done.stderr + done.stdout


def test_port_in_use(tmp_path: Path) -> None:
    """The address is named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        status, said = run(tmp_path, simulated(), "--listen", address)
    assert status == 1
    assert said.endswith(f"Z error broker: listen on {address}: Address already in use\n")


@pytest.mark.parametrize("what, reason", [
    ("absent", "No such file or directory"), ("file", "Not a directory")])
def test_unreadable_plugins_folder(tmp_path: Path, what: str, reason: str) -> None:
    """The folder is named."""
    (tmp_path / "file").touch()
    status, said = run(tmp_path, simulated(), "--plugins", str(tmp_path / what))
    assert status == 1
    assert said.endswith(f"Z error broker: {tmp_path / what}: {reason}\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_forbidden_plugins_folder(tmp_path: Path) -> None:
    """The same where the folder is there and not ours."""
    (tmp_path / "forbidden").mkdir(0)
    status, said = run(tmp_path, simulated(), "--plugins", str(tmp_path / "forbidden"))
    assert status == 1
    assert said.endswith(f"Z error broker: {tmp_path}/forbidden: Permission denied\n")


def test_data_folder_is_a_file(tmp_path: Path) -> None:
    """The folder is named; nothing runs without one."""
    (tmp_path / "file").touch()
    status, said = run(tmp_path, simulated(), "--data", str(tmp_path / "file"))
    assert status == 1
    assert said.endswith(f"Z error broker: data folder {tmp_path}/file: Not a directory\n")


@pytest.mark.skipif(Path("/etc/harvester/config.toml").exists(),
                    reason="this machine has a configuration")
def test_no_configuration(tmp_path: Path) -> None:
    """A demonstration, and nobody can take it for anything else."""
    with Harvester(tmp_path) as harvester:
        assert harvester.log(r" warning broker: NO CONFIGURATION FILE: this is a demonstration\. "
                             r"Every sensor is SIMULATED; no value here was measured\.$")
        assert harvester.get_json("/api/v1/simulation").keys() >= {"dht22", "bme680"}


def test_data_folder_of_a_fresh_home(tmp_path: Path, plugins: Path) -> None:
    """Without --data it is made below the user's home, for this user alone."""
    (tmp_path / "config.toml").write_text(simulated())
    home = tmp_path / "home"
    done = command("run", "--config", tmp_path / "config.toml", "--plugins", plugins, "--listen",
                   "127.0.0.1:0", "--duration", "0.1", home=home)
    assert done.returncode == 0, done.stderr
    folder = home / ".local" / "state" / "harvester"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (plugins.parent / "data").exists()


def test_disabled_plugin(tmp_path: Path, plugins: Path) -> None:
    """It is not run, and shown as what it is."""
    for name in ("on", "off"):
        (plugins / f"{name}.py").write_text(COUNTER)
    with Harvester(tmp_path, simulated({"plugins.off": {"enabled": False}})) as harvester:
        harvester.wait_for_value("on")
        off = harvester.plugin("off")
        assert (off["state"], off["reason"]) == ("disabled", "disabled by the configuration")
        assert "off" not in harvester.readings() and not harvester.log(" info off: count")
