"""Configurations, good and bad: `check` explains all of their problems, `run` refuses them."""
import contextlib
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
    assert as_json == {"ok": False, "problems": lines, "warnings": []}


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_are_good(profile: str) -> None:
    """The ones that ship."""
    path = ROOT / "config" / f"{profile}.toml"
    plugins = ROOT / "plugins" / ("extra" if profile == "extra" else "")
    done = command("check", "--config", path, "--plugins", plugins)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: no problem found\n", "")


def test_check_of_the_configuration_alone(tmp_path: Path) -> None:
    """--config-only needs no plugins folder, and finds the file's own problems all the same."""
    path = tmp_path / "config.toml"
    for text, status in (("[plugins.gone]\ninterval_seconds = 5\n", 0), ("[polling]\nintervall_seconds = 5\n", 1)):
        path.write_text(text)
        done = command("check", "--config", path, "--config-only", cwd=tmp_path)
        assert done.returncode == status, done.stdout
        assert ("did you mean interval_seconds" in done.stdout) == bool(status)
        assert command("check", "--config", path, cwd=tmp_path).returncode == 1


def test_check_looks_at_permission_files(tmp_path: Path, plugins: Path) -> None:
    """Those of all plugins, beside the configuration's own problems."""
    (tmp_path / "config.toml").write_text(simulated())
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text("allow_gpio = [256]\n")
    done = command("check", "--config", tmp_path / "config.toml", "--plugins", plugins)
    assert done.returncode == 1
    assert done.stdout == (f"{plugins}/one.permission.toml:1:15: allow_gpio: expected a GPIO line "
                           "from 0 to 255, found the integer 256\n1 problem\n")


def check(config: Path, plugins: Path) -> tuple[int, list[str]]:
    """Status and lines of `check`; the JSON says the same."""
    words = ("check", "--config", config, "--plugins", plugins)
    done, as_json = command(*words), json.loads(command(*words, "--json").stdout)
    assert done.stderr == ""
    *lines, _ = done.stdout.splitlines()
    assert as_json["ok"] == (done.returncode == 0)
    assert [*as_json["problems"], *(f"warning: {one}" for one in as_json["warnings"])] == lines
    return done.returncode, done.stdout.splitlines()


@pytest.fixture(name="config")
def fixture_config(tmp_path: Path) -> Path:
    """A good configuration."""
    (tmp_path / "config.toml").write_text(simulated())
    return tmp_path / "config.toml"


def test_check_names_sections_without_a_plugin(config: Path, plugins: Path) -> None:
    """A misspelt section would leave the plugin that it is meant for as it is."""
    (plugins / "door.py").write_text(COUNTER)
    text = config.read_text() + "\n"
    line = len(text.splitlines()) + 1
    config.write_text(text + "[plugins.dor.grant]\ndeny_gpio = [4]\n[plugins.door]\n[plugins.weather]\n")
    assert check(config, plugins) == (1, [
        f"{config}:{line}:10: plugins.dor: there is no such plugin in {plugins}, so this section has "
        "no effect; did you mean door?",
        f"{config}:{line + 3}:10: plugins.weather: there is no such plugin in {plugins}, so this "
        "section has no effect; add the plugin, or remove this section",
        "2 problems"])


def test_check_warns_of_a_section_that_switches_off_no_plugin(config: Path, plugins: Path) -> None:
    """A profile for several nodes has such: it is told, and no failure."""
    text = config.read_text() + "\n"
    line = len(text.splitlines()) + 1
    config.write_text(text + "[plugins.oled]\nenabled = false\n")
    assert check(config, plugins) == (0, [
        f"warning: {config}:{line}:10: plugins.oled: there is no such plugin in {plugins}, so this "
        "section has no effect; add the plugin, or remove this section",
        f"{config}: no problem found, 1 warning"])


def test_check_names_a_dashboard_that_is_not_there(tmp_path: Path, config: Path, plugins: Path) -> None:
    """With the place; the default needs no plugin of that name."""
    assert check(config, plugins) == (0, [f"{config}: no problem found"])
    (plugins / "page.py").write_text(COUNTER)
    other = tmp_path / "other.toml"
    other.write_text('[dashboard]\nplugin = "pgae"\n')
    assert check(other, plugins) == (1, [
        f"{other}:2:10: dashboard.plugin: there is no plugin pgae in {plugins}, so / shows the built-in "
        "page; did you mean page?", "1 problem"])
    other.write_text('dashboard.plugin = "page"\n')
    assert check(other, plugins) == (0, [f"{other}: no problem found"])


def test_check_names_plugins_that_want_the_same(config: Path, plugins: Path) -> None:
    """Each pair, with the line that asks, unless both share it, or one is off or has been denied it."""
    for name in "abcd":
        (plugins / f"{name}.py").write_text(COUNTER)
    (plugins / "a.permission.toml").write_text("allow_gpio = [4, 5, 6]\nallow_i2c = [0x77, 0x3C]\n"
                                               "share_i2c = [0x3C]\n")
    (plugins / "b.permission.toml").write_text("allow_gpio_in = [7, 6,\n 4]\n")
    (plugins / "c.permission.toml").write_text('allow_i2c = [0x3C,\n"0x77"]\nshare_i2c = [0x3C]\n')
    (plugins / "d.permission.toml").write_text("allow_gpio = [5, 17]\n")
    files = {name: f"{plugins}/{name}.permission.toml" for name in "abcd"}
    problems = [
        f"{files['b']}:2:2: GPIO4, GPIO6: plugin a asks for them too, so only one of the two runs; to share "
        "them, add them to share_gpio in both permission files, else remove them from one",
        f"{files['c']}:2:1: i2c 0x77: plugin a asks for it too, so only one of the two runs; to share it, add "
        "it to share_i2c in both permission files, else remove it from one",
        f"{files['d']}:1:18: GPIO17: this line drives the buzzer of the node, so the plugin does not run; "
        "remove it, and to use the buzzer add `allow_buzzer = true`",
        f"{files['d']}:1:15: GPIO5: plugin a asks for it too, so only one of the two runs; to share it, add it "
        "to share_gpio in both permission files, else remove it from one"]
    assert check(config, plugins) == (1, [*problems, "4 problems"])
    config.write_text(simulated({"plugins.b": {"enabled": False}, "plugins.d.grant": {"allow_gpio": [5]},
                                 "plugins.a.grant": {"deny_gpio": [5], "deny_i2c": [0x77]}}))
    assert check(config, plugins) == (0, [f"{config}: no problem found"])


def test_check_names_what_all_lines_hide(config: Path, plugins: Path) -> None:
    """Two plugins that ask for everything make one problem, and no hundred."""
    for name in "ab":
        (plugins / f"{name}.py").write_text(COUNTER)
        (plugins / f"{name}.permission.toml").write_text('allow_gpio = "*"\n')
    status, (line, count) = check(config, plugins)
    assert (status, count) == (1, "1 problem")
    assert line.startswith(f"{plugins}/b.permission.toml:1:14: GPIO0, GPIO1, GPIO2, GPIO3, GPIO4, GPIO5, GPIO6, "
                           "GPIO7 and 245 more: plugin a asks for them too, ")


def test_check_names_permission_files_that_nobody_reads(config: Path, plugins: Path) -> None:
    """Also where the configuration has problems of its own."""
    (plugins / "door").mkdir()
    (plugins / "door" / "plugin.py").write_text(COUNTER)
    for name in ("permission.toml", "door.permission.toml", "weather.permission.toml"):
        (plugins / name).touch()
    problems = [
        f"{plugins}/door.permission.toml: no plugin reads this file, since door is a folder; its permissions "
        "belong in door/permission.toml",
        f"{plugins}/permission.toml: no plugin reads this file; that of a plugin NAME.py or NAME.wasm is "
        "NAME.permission.toml, that of a folder NAME is NAME/permission.toml",
        f"{plugins}/weather.permission.toml: no plugin reads this file, since there is neither weather.py nor "
        "weather.wasm; rename it after its plugin, or remove it"]
    assert check(config, plugins) == (1, [*problems, "3 problems"])
    config.write_text("poling = 1\n")
    status, lines = check(config, plugins)
    assert (status, lines[1:]) == (1, [*problems, "4 problems"])


def test_absent_configuration(tmp_path: Path, plugins: Path) -> None:
    """A file that was asked for and is not there is no reason to run a demonstration."""
    for words in (("run",), ("check", "--plugins", plugins)):
        done = command(*words, "--config", tmp_path / "absent.toml")
        assert done.returncode == 1
        assert f"{tmp_path}/absent.toml: cannot find this file (check its path, and who may read its folder): No such file or directory\n" in done.stderr + done.stdout


def test_port_in_use(tmp_path: Path) -> None:
    """The address is named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        status, said = run(tmp_path, simulated(), "--listen", address)
    assert status == 1
    assert said.endswith(f"Z error broker: cannot listen on {address} (--listen chooses another address): Address already in use\n")


def test_connections_of_one_address(tmp_path: Path) -> None:
    """As many as the configuration allows answer; the next one is closed."""
    with Harvester(tmp_path, simulated({"http": {"connections_per_address": 4}})) as harvester:
        host, port = harvester.address.removeprefix("http://").rsplit(":", 1)
        with contextlib.ExitStack() as stack:
            answers = []
            for _ in range(5):
                client = stack.enter_context(socket.create_connection((host, int(port))))
                try:
                    client.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    answers.append(client.recv(12))
                except ConnectionError:
                    answers.append(b"")
            assert [answer[:9] for answer in answers] == [b"HTTP/1.1 "] * 4 + [b""]


@pytest.mark.parametrize("what, reason", [
    ("absent", "No such file or directory"), ("file", "Not a directory")])
def test_unreadable_plugins_folder(tmp_path: Path, what: str, reason: str) -> None:
    """The folder is named."""
    (tmp_path / "file").touch()
    status, said = run(tmp_path, simulated(), "--plugins", str(tmp_path / what))
    assert status == 1
    assert said.endswith(f"Z error broker: {tmp_path / what}: cannot open this folder (check its path, mode and owner): {reason}\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_forbidden_plugins_folder(tmp_path: Path) -> None:
    """The same where the folder is there and not ours."""
    (tmp_path / "forbidden").mkdir(0)
    status, said = run(tmp_path, simulated(), "--plugins", str(tmp_path / "forbidden"))
    assert status == 1
    assert said.endswith(f"Z error broker: {tmp_path}/forbidden: cannot open this folder (check its path, mode and owner): Permission denied\n")


def test_data_folder_is_a_file(tmp_path: Path) -> None:
    """The folder is named; nothing runs without one."""
    (tmp_path / "file").touch()
    status, said = run(tmp_path, simulated(), "--data", str(tmp_path / "file"))
    assert status == 1
    assert said.endswith(f"Z error broker: cannot create the data folder {tmp_path}/file (--data chooses "
                         "another): Not a directory\n")


@pytest.mark.skipif(Path("/etc/harvester/config.toml").exists(),
                    reason="this machine has a configuration")
def test_no_configuration(tmp_path: Path) -> None:
    """A demonstration, and nobody can take it for anything else."""
    with Harvester(tmp_path) as harvester:
        assert harvester.log(r" warning broker: NO CONFIGURATION FILE: this is a demonstration\. "
                             r"Every sensor is SIMULATED; no value here was measured$")
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
