"""The commands besides `run`: what they print, for people and for machines, and how they end."""
import fcntl
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest
from node import BUILD, COUNTER, PATIENCE, POLL_SECONDS, PROGRAM, ROOT, Harvester, command, is_alive, node_socket

SHIPPED = {"bh1750": ["i2c 0x23"], "bme680": ["i2c 0x76", "i2c 0x77", "LEDs"], "dashboard": [],
           "dht22": ["GPIO4", "LEDs", "buzzer"], "oled": ["i2c 0x3C"],
           "pi4-monitor": ["LEDs", "fan"]}
COMMANDS = ("run", "check", "plugin new", "plugin test", "plugin add-package", "plugin list",
            "plugin inspect", "plugin approve", "plugin revoke", "plugin enable", "plugin disable",
            "plugin compile", "user add", "user list", "user password", "user remove", "token add",
            "token list", "token revoke", "node accept", "doctor", "version")


def test_help() -> None:
    """On stdout, with every command."""
    for words in (["--help"], ["-h"], ["help"]):
        done = command(*words)
        assert (done.returncode, done.stderr) == (0, "")
        for name in COMMANDS:
            assert f"\n  harvester {name} " in done.stdout
        assert "Exit codes: 0 done, 1 the request failed, 2 wrong usage." in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name: str) -> None:
    """Its own usage and no other's; nothing is done."""
    done = command(*name.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"  harvester {name} ")
    assert done.stdout.count("harvester ") == 1 or name == "run"


@pytest.mark.parametrize("words, text", [
    ([], "harvester runs untrusted sensor plugins"),
    (["bogus"], "harvester: unknown command: bogus; `harvester --help` lists the commands\n"),
    (["plugin"], "harvester plugin: a command is missing; choose one of those below\n"),
    (["plugin", "lst"], "harvester: unknown command: plugin lst, did you mean `harvester plugin list`?\n"),
    (["plugin", "zzzzzz"], "harvester: unknown command: plugin zzzzzz; choose one of those below\n"),
    (["plugni", "list"], "harvester: unknown command: plugni, did you mean `harvester plugin`?\n"),
    (["chek"], "harvester: unknown command: chek, did you mean `harvester check`?\n"),
    (["run", "--bogus"], "harvester run: unknown option: --bogus\n"),
    (["plugin", "list", "--bogus=1"], "harvester plugin list: unknown option: --bogus=1\n"),
    (["run", "--config"], "harvester run: a value is missing after --config\n"),
    (["run", "more"], "harvester run: unexpected: more\n"),
    (["run", "--json"], "harvester run: this command has no such option\n"),
    (["run", "--duration", "0"], "harvester run: expected seconds above 0, not 0\n"),
    (["run", "--duration", "1h"], "harvester run: expected seconds above 0, not 1h\n"),
    (["version", "--data", "x"], "harvester version: this command has no such option\n"),
    (["plugin", "new"], "harvester plugin new: an argument is missing\n"),
    (["plugin", "inspect"], "harvester plugin inspect: an argument is missing\n"),
    (["plugin", "enable"], "harvester plugin enable: an argument is missing\n"),
    (["plugin", "disable", "a", "b"], "harvester plugin disable: unexpected: b\n"),
    (["plugin", "revoke", "a", "--plugins", "x"],
     "harvester plugin revoke: this command has no such option\n"),
    (["plugin", "compile", "x.wasm"], "harvester plugin compile: -o FILE.cwasm is missing\n")])
def test_wrong_usage(words: list[str], text: str) -> None:
    """Status 2, and the reason first."""
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(text)


@pytest.mark.parametrize("words", [
    ["plugin"], ["plugin", "--help"], ["plugin", "-h"], ["plugin", "help"], ["plugin", "lst"], ["plugni"], ["user"], ["token"],
    ["node"], ["history"], ["history", "exprot"], ["zzzzzz"], ["chek"]])
def test_help_of_a_group_fits_on_a_screen(words: list[str]) -> None:
    """At most 24 lines: what is wrong, and a line for each command of the group that was meant."""
    done = command(*words)
    is_asked = words[-1] in ("--help", "-h", "help")
    text = done.stdout if is_asked else done.stderr
    assert done.returncode == (0 if is_asked else 2) and not (done.stderr if is_asked else done.stdout)
    assert 2 <= len(text.splitlines()) <= 24
    if words[0] in ("plugin", "plugni"):
        assert [line.split()[2] for line in text.splitlines() if line.startswith("  harvester plugin ")] == [
            name.split()[1] for name in ("plugin new", "plugin list", "plugin inspect", "plugin approve", "plugin revoke",
                                         "plugin enable", "plugin disable", "plugin search", "plugin install", "plugin versions",
                                         "plugin rollback", "plugin remove", "plugin test", "plugin add-package",
                                         "plugin compile")]
        assert "`harvester plugin COMMAND --help` explains one of them." in text


def test_version() -> None:
    """The same in both forms."""
    version = json.loads(command("version", "--json").stdout)
    assert version.keys() == {"version", "engine"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", version["version"])
    for words in (["version"], ["--version"]):
        assert command(*words).stdout == f"harvester {version['version']} ({version['engine']})\n"


def test_plugin_list() -> None:
    """A row for each plugin, with what it asks for."""
    done = command("plugin", "list", "--plugins", ROOT / "plugins")
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert rows[0] == ["NAME", "KIND", "STATE", "ASKS FOR"]
    assert rows[1:] == [[name, "python", "enabled", ", ".join(asks_for) or "nothing"]
                        for name, asks_for in SHIPPED.items()]


def test_plugin_list_for_machines(tmp_path: Path) -> None:
    """The same as JSON; the configuration says what is enabled."""
    (tmp_path / "config.toml").write_text("[plugins.oled]\nenabled = false\n")
    done = command("plugin", "list", "--plugins", ROOT / "plugins", "--config",
                   tmp_path / "config.toml", "--json")
    found = {plugin["name"]: plugin for plugin in json.loads(done.stdout)}
    assert {name: plugin["asks_for"] for name, plugin in found.items()} == SHIPPED
    assert [name for name, plugin in found.items() if not plugin["enabled"]] == ["oled"]
    assert all(plugin["kind"] == "python" and plugin["problems"] == [] for plugin in found.values())


def test_plugin_list_shows_what_is_wrong(plugins: Path) -> None:
    """Bad permissions, and entries that are no plugins."""
    (plugins / "bad.py").touch()
    (plugins / "bad.permission.toml").write_text("allow_spy = true\n")
    (plugins / "link.py").symlink_to("bad.py")
    (plugins / "nothing").mkdir()
    (plugins / "nothing" / "helper.py").touch()
    done = command("plugin", "list", "--plugins", plugins)
    assert done.returncode == 0
    assert (f"    {plugins}/bad.permission.toml:1:1: unknown key allow_spy, did you mean allow_spi?"
            in done.stdout.splitlines())
    assert (f"skipped: {plugins}/link.py: is a symbolic link; plugins have to be real files and "
            "folders") in done.stdout.splitlines()
    assert (f"skipped: {plugins}/nothing: has neither plugin.py nor plugin.wasm"
            in done.stdout.splitlines())


def test_plugin_inspect() -> None:
    """One plugin, in both forms."""
    path = ROOT / "plugins" / "dht22"
    done = command("plugin", "inspect", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"dht22 +python +enabled +GPIO4, LEDs, buzzer\n", done.stdout)
    inspected = json.loads(command("plugin", "inspect", path, "--json").stdout)
    request = inspected.pop("request")
    assert (request["gpio"], request["leds"], request["fan"]) == ([4], True, False)
    assert inspected == {
        "name": "dht22", "kind": "python", "path": str(path), "enabled": True,
        "asks_for": SHIPPED["dht22"], "problems": []}


def test_inspect_maps_an_artifact_locked_down(tmp_path: Path) -> None:
    """The engine believes what stands in it. The process is looked at while it waits to print into a full pipe."""
    empty, artifact = tmp_path / "empty.wasm", tmp_path / "empty.cwasm"
    empty.write_bytes(b"\0asm\x0d\0\x01\0")  # a component without anything in it
    subprocess.run([BUILD / "harvester-guest", "compile", empty, artifact, "optional"], check=True)
    reading, writing = os.pipe()
    full = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b" " * full)
    guest = subprocess.Popen([BUILD / "harvester-guest", "inspect", artifact], stdout=writing)
    os.close(writing)
    deadline = time.monotonic() + PATIENCE
    status = Path(f"/proc/{guest.pid}/status")
    while not re.search(r"^Seccomp:\t2$", status.read_text(), re.MULTILINE):
        assert time.monotonic() < deadline, "it maps the artifact without seccomp"
        time.sleep(POLL_SECONDS)
    with os.fdopen(reading, "rb") as text:
        assert json.loads(text.read()) == {"imports": [], "exports": []}
    assert guest.wait(PATIENCE) == 0


@pytest.mark.parametrize("path, text", [
    ("absent.py", "PATH is not a plugin: expected NAME.py, NAME.wasm, or a folder with plugin.py or "
                  "plugin.wasm"),
    ("no/such/folder", "FOLDER/no/such: cannot open this folder (check its path, mode and owner): No such file or directory"),
    ("link.py", "PATH is a symbolic link; plugins have to be real files and folders")])
def test_plugin_inspect_of_nothing(tmp_path: Path, path: str, text: str) -> None:
    """Status 1 and the reason."""
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    done = command("plugin", "inspect", tmp_path / path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == text.replace("PATH", str(tmp_path / path)).replace(
        "FOLDER", str(tmp_path)) + "\n"


def test_plugin_inspect_in_the_root() -> None:
    """A path directly below / is a path like any other."""
    done = command("plugin", "inspect", "/no-such-plugin")
    assert done.stderr.startswith("/no-such-plugin is not a plugin")


def test_plugin_new(start: Callable[..., Harvester], plugins: Path) -> None:
    """A running node takes the new plugin up, and its reading is the simulated sensor's."""
    harvester = start()
    done = command("plugin", "new", "lamp", "--plugins", plugins)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (f"{plugins}/lamp/plugin.py is ready; a running harvester loads it by "
                           f"itself.\n`harvester plugin test {plugins}/lamp` runs its tests.\n")
    light = harvester.wait_for_value("lamp")["value"]
    truth = harvester.get_json("/api/v1/simulation")["bh1750"]["lux"]
    assert light == pytest.approx(truth, rel=0.2, abs=1) and light > 0
    assert harvester.readings()["lamp"]["simulated"] is True
    again = command("plugin", "new", "lamp", "--plugins", plugins)
    assert again.returncode == 1
    assert again.stderr.startswith(f"{plugins}/lamp: there is a plugin lamp already; ")


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "_private", "", "x" * 65, "a b"])
def test_plugin_new_with_a_bad_name(plugins: Path, name: str) -> None:
    """Refused, and nothing is made."""
    done = command("plugin", "new", name, "--plugins", plugins)
    assert done.returncode == 1
    assert done.stderr == f"{name}: a plugin's name has 1 to 64 letters, digits, \"-\" and \"_\"\n"
    assert os.listdir(plugins) == [] and not list(plugins.parent.glob("b*"))


def say(what: str, name: str, folder: Path, *words: str) -> tuple[int, str, str]:
    """`harvester plugin WHAT NAME` on the data folder of a test: status and texts."""
    plugins = [] if what == "revoke" else ["--plugins", folder / "plugins"]
    done = command("plugin", what, name, *plugins, "--data", folder / "data", *words)
    return done.returncode, done.stdout, done.stderr


def test_disable_and_enable(start: Callable[..., Harvester], plugins: Path,
                            tmp_path: Path) -> None:
    """A running node stops the plugin and starts it again; so does one that starts later."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    pid = harvester.plugin("one")["pid"]
    assert say("disable", "one", tmp_path) == (0, "one is disabled\n", "")
    assert harvester.wait_for_error("one") == "its plugin is disabled"
    harvester.wait_for_log(" info one: disabled$")
    harvester.wait_until("its process is gone", lambda: not is_alive(pid))
    off = harvester.plugin("one")
    assert (off["state"], off["reason"]) == ("disabled", "disabled by its owner")
    harvester.stop()
    harvester = start()
    assert harvester.plugin("one")["state"] == "disabled"
    assert say("enable", "one", tmp_path) == (0, "one is enabled\n", "")
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text(COUNTER + "# changed\n")
    harvester.wait_for_log(" info one: the new version has taken over$")


def test_disabled_plugin_changes(start: Callable[..., Harvester], plugins: Path,
                                 tmp_path: Path) -> None:
    """Its files are not loaded, until it is enabled: then the newest are."""
    (plugins / "one.py").write_text(COUNTER)
    assert say("disable", "one", tmp_path)[0] == 0
    harvester = start()
    (plugins / "one.py").write_text('def poll():\n    return {"version": 2}\n')
    (plugins / "other.py").write_text(COUNTER)
    harvester.wait_for_value("other")
    assert harvester.plugin("one")["state"] == "disabled" and "one" not in harvester.readings()
    assert say("enable", "one", tmp_path)[0] == 0
    assert harvester.wait_for_value("one") == {"version": 2}


def test_enable_for_machines(plugins: Path, tmp_path: Path) -> None:
    """As JSON."""
    (plugins / "one.py").write_text(COUNTER)
    for what, enabled in (("disable", False), ("enable", True)):
        status, text, error = say(what, "one", tmp_path, "--json")
        assert (status, json.loads(text), error) == (0, {"name": "one", "enabled": enabled}, "")


def test_enable_of_nothing(plugins: Path, tmp_path: Path) -> None:
    """Status 1 and the reason: no such plugin, or the configuration goes before."""
    (plugins / "one.py").write_text(COUNTER)
    for what in ("enable", "disable"):
        assert say(what, "oen", tmp_path) == (
            1, "", f"there is no plugin oen in {plugins} (`harvester plugin list` lists them), did you mean one?\n")
    (tmp_path / "config.toml").write_text("[plugins.one]\nenabled = false\n")
    status, text, error = say("enable", "one", tmp_path, "--config",
                              str(tmp_path / "config.toml"))
    assert (status, text) == (1, "")
    assert error == ("the configuration disables one: remove `enabled = false` under "
                     "[plugins.one] instead\n")


APPROVE_TEXT = """\
asks for:                    GPIO4, LEDs
new since the last approval: GPIO4, LEDs
withheld by the owner:       nothing
digest:                      {digest}
"""


def digest_of(folder: Path) -> str:
    """What one asks for, by the command that approves nothing."""
    status, text, error = say("approve", "one", folder, "--json")
    description = json.loads(text)
    assert (status, description["approved"]) == (1, False)
    assert error.startswith("not approved: there is no terminal to ask on; run `harvester plugin "
                            f"approve one` in a terminal, or give --digest {description['digest']} ")
    return description["digest"]


def test_approve_in_a_script(plugins: Path, tmp_path: Path) -> None:
    """Nothing is approved unseen: it takes the digest of the request, or --yes."""
    (plugins / "one.py").write_text(COUNTER)
    permission = plugins / "one.permission.toml"
    permission.write_text("allow_leds = true\nallow_gpio = [4]\n")
    digest = digest_of(tmp_path)
    text = APPROVE_TEXT.format(digest=digest)
    assert say("approve", "one", tmp_path)[:2] == (1, text)
    assert not list((tmp_path / "data" / "approvals").iterdir())
    assert say("approve", "one", tmp_path, "--digest", digest) == (
        0, text + "one is approved\n", "")
    permission.write_text("allow_leds = true\nallow_gpio = [4]\nallow_buzzer = true\n")
    status, text, error = say("approve", "one", tmp_path, "--digest", digest)
    assert (status, "new since the last approval: buzzer" in text) == (1, True)
    assert error.startswith(f"not approved: the request of one does not have the digest {digest}: ")
    assert digest_of(tmp_path) in error
    assert say("approve", "one", tmp_path, "--yes")[0] == 0
    status, text, _ = say("approve", "one", tmp_path, "--yes", "--json")
    assert (status, json.loads(text)["approved"]) == (0, True)
    assert say("approve", "one", tmp_path, "--yes", "--digest", digest)[0] == 2


@pytest.mark.parametrize("answer, approved", [("y", True), ("YES", True), ("n", False), ("", False),
                                              ("yessir", False)])
def test_approve_on_a_terminal(plugins: Path, tmp_path: Path, answer: str,
                               approved: bool) -> None:
    """It asks; what is approved is what it printed, though the file changes before the answer."""
    (plugins / "one.py").write_text(COUNTER)
    permission = plugins / "one.permission.toml"
    permission.write_text("allow_leds = true\nallow_gpio = [4]\n")
    digest = digest_of(tmp_path)
    terminal, inside = os.openpty()
    with subprocess.Popen(
            [PROGRAM, "plugin", "approve", "one", "--plugins", plugins, "--data",
             tmp_path / "data"], stdin=inside, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True) as process:
        assert process.stdout and process.stderr
        text = "".join(process.stdout.readline() for _ in range(4))
        assert text == APPROVE_TEXT.format(digest=digest)
        permission.write_text("allow_leds = true\nallow_gpio = [4]\nallow_buzzer = true\n")
        os.write(terminal, f"{answer}\n".encode())
        rest, error = process.communicate(timeout=PATIENCE)
    os.close(terminal)
    os.close(inside)
    assert error.startswith("Approve one? [y/N] ")
    assert (process.returncode, rest) == ((0, "one is approved\n") if approved else (1, ""))
    kept = tmp_path / "data" / "approvals" / "one.json"
    assert kept.exists() == approved
    assert not approved or json.loads(kept.read_text())["digest"] == digest


@pytest.mark.parametrize("there", ["door", "door.py", "door.wasm"])
def test_new_over_an_existing_plugin(tmp_path: Path, there: str) -> None:
    """What is there is neither overwritten nor hidden."""
    if there == "door":
        (tmp_path / there).mkdir()
    else:
        (tmp_path / there).write_text("")
    done = command("plugin", "new", "door", "--plugins", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"{tmp_path}/{there}: there is a plugin door already; choose another "
                           "name, or move that one away\n")
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_new_without_a_folder(tmp_path: Path) -> None:
    """None is made where nobody will look for it: it says where it looked, and what to do."""
    done = command("plugin", "new", "door", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{tmp_path}/plugins: there is no such folder; make it with `mkdir -p {tmp_path}/plugins`, "
        "or name the plugins folder with --plugins DIR\n")
    assert not list(tmp_path.iterdir())
    (tmp_path / "plugins").write_text("")
    done = command("plugin", "new", "door", cwd=tmp_path)
    assert done.stderr.startswith(f"{tmp_path}/plugins: this is not a folder; ")


def test_revoke(start: Callable[..., Harvester], plugins: Path, tmp_path: Path) -> None:
    """What was approved runs, and stops when that is taken back."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text("allow_leds = true\n")
    assert say("approve", "one", tmp_path, "--yes")[0] == 0
    harvester = start({"permissions": {"auto_approve": False}})
    harvester.wait_for_value("one")
    pid = harvester.plugin("one")["pid"]
    assert say("revoke", "one", tmp_path) == (0, "one is not approved any more\n", "")
    assert harvester.wait_for_error("one") == (
        "waiting for approval of LEDs; approve it on the page or with "
        f"`harvester plugin approve one --data {tmp_path}/data`")
    harvester.wait_until("its process is gone", lambda: not is_alive(pid))
    assert harvester.plugin("one")["state"] == "needs approval"
    assert say("revoke", "one", tmp_path) == (1, "", "one was not approved, so there is nothing to revoke: "
                                             "`harvester plugin list` lists the plugins\n")
    assert say("approve", "one", tmp_path, "--yes")[0] == 0
    harvester.wait_for_value("one")
    status, text, _ = say("revoke", "one", tmp_path, "--json")
    assert (status, json.loads(text)) == (0, {"name": "one", "approved": False})


def test_plugin_list_of_a_node(start: Callable[..., Harvester], plugins: Path,
                               tmp_path: Path) -> None:
    """What runs, with what it asked for and what was kept back; the same as JSON."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text("allow_leds = true\nallow_i2c = [0x23]\n")
    (plugins / "off.py").write_text(COUNTER)
    (plugins / "bad.py").write_text("raise ValueError('no')\n")
    assert say("disable", "off", tmp_path)[0] == 0
    harvester = start({"permissions": {"auto_approve": True, "deny_i2c": [0x23]}})
    harvester.wait_for_value("one")
    harvester.wait_for_log(" warning bad: starts again")
    done = command("plugin", "list", "--data", tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "KIND", "STATE", "MEMORY", "POLL", "RESTARTS", "DENIED",
                                "ASKS", "FOR"]
    assert re.fullmatch(r"bad +python +backoff +\d+\.\d MB +- +\d+ +0  nothing", lines[1])
    assert lines[2] == "    ValueError: no (bad.py, line 1)"
    assert re.fullmatch(r"off +python +disabled +- +- +- +-  nothing", lines[3])
    assert lines[4] == "    disabled by its owner"
    assert re.fullmatch(r"one +python +(?:idle|calling) +\d+\.\d MB +\d+\.\d ms +0 +0  "
                        r"i2c 0x23, LEDs", lines[5])
    assert lines[6:] == ["    withheld by the owner: i2c 0x23"]
    found = {plugin["name"]: plugin for plugin in json.loads(
        command("plugin", "list", "--data", tmp_path / "data", "--json").stdout)}
    assert found["one"]["pid"] == harvester.plugin("one")["pid"]
    assert found["one"]["kept_back"] == ["i2c 0x23"] and found["off"]["enabled"] is False
    # With a folder it is the folder's list.
    done = command("plugin", "list", "--plugins", plugins)
    assert done.stdout.splitlines()[0].split() == ["NAME", "KIND", "STATE", "ASKS", "FOR"]


def open_to_others(folder: Path) -> dict[str, str]:
    """What others than its owner may use, with its mode."""
    return {str(path.relative_to(folder)): f"{path.stat().st_mode & 0o777:o}" for path in [folder, *folder.rglob("*")]
            if path.lstat().st_mode & 0o077}


def test_files_do_not_depend_on_the_umask(start: Callable[..., Harvester], plugins: Path, tmp_path: Path) -> None:
    """What a node and commands keep is for its owner alone, whatever the caller's umask; a plugin, which the
    daemon's user has to read, and exported readings get the mode that the caller wants.
    """
    (plugins / "one.py").write_text("from wit_world.imports import state\n\ndef poll():\n    state.set('k', b'v')\n"
                                    "    return {'count': 1}\n")
    data = tmp_path / "data"
    before = os.umask(0)
    try:
        harvester = start({"history": {"commit_seconds": 0.1}})
        harvester.wait_for_value("one")
        harvester.wait_until("a reading is kept", lambda: harvester.get_json("/api/v1/history/status")["committed"])
        assert command("token", "add", "t", "--role", "viewer", "--data", data).returncode == 0
        assert command("plugin", "approve", "one", "--yes", "--plugins", plugins, "--data",
                       data).returncode == 0
        assert command("node", "join", "http://hub.example#node=a&token=" + "A" * 43, "--data", data).returncode == 0
        assert command("backup", tmp_path / "b.tar.gz", "--plugins", plugins, "--data", data).returncode == 0
        (tmp_path / "new").mkdir()
        assert command("plugin", "new", "lamp", "--plugins", tmp_path / "new").returncode == 0
        assert command("history", "export", "--data", data, "-o", tmp_path / "e.csv").returncode == 0
    finally:
        os.umask(before)
    assert {path.name for path in data.iterdir()} >= {"accounts.db", "history.db", "state.db", "alerts.db", "hub.json", "approvals"}
    assert not open_to_others(data)
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new" / "lamp").stat().st_mode & 0o777 == 0o777
    assert (tmp_path / "new" / "lamp" / "plugin.py").stat().st_mode & 0o777 == 0o666
    assert (tmp_path / "e.csv").stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_plugin_list_after_a_node(start: Callable[..., Harvester], plugins: Path, tmp_path: Path,
                                  number: signal.Signals) -> None:
    """A node that is stopped, or killed, is not asked any more: the folder is shown. The next one
    answers again.
    """
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    socket = node_socket(tmp_path / "data")
    assert socket.stat().st_mode & 0o777 == 0o600
    harvester.process.send_signal(number)
    harvester.end()
    words = ("plugin", "list", "--plugins", plugins, "--data", tmp_path / "data")
    done = command(*words)
    assert (done.returncode, done.stdout.splitlines()[1].split()[2]) == (0, "enabled")
    assert socket.exists() == (number == signal.SIGKILL)
    start().wait_for_value("one")
    assert "RESTARTS" in command(*words).stdout
