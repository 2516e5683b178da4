"""`harvester plugin test`: an author's tests in the sandbox, on simulated devices."""
import json
import re
from pathlib import Path

import pytest
from node import command

PLUGIN = """
import time

from wit_world.imports import i2c, state

def poll():
    i2c.write_read(1, 0x23, b"\\x20", 0)
    time.sleep(0.18)
    return {"lux": int.from_bytes(i2c.write_read(1, 0x23, b"", 2), "big") / 1.2}

def count():
    number = int(state.get("n") or b"0") + 1
    state.set("n", str(number).encode())
    return number
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin that may use its sensor."""
    folder = tmp_path / "light"
    (folder / "tests").mkdir(parents=True)
    (folder / "plugin.py").write_text(PLUGIN)
    (folder / "permission.toml").write_text("allow_i2c = [0x23]\n")
    return folder


def test_new_plugin_passes_its_tests(tmp_path: Path) -> None:
    """What `plugin new` writes."""
    made = command("plugin", "new", "door", "--plugins", tmp_path)
    assert made.returncode == 0 and f"plugin test {tmp_path}/door" in made.stdout
    done = command("plugin", "test", tmp_path / "door")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("3 passed, 0 failed\n")


def test_failures_have_their_line(plugin: Path) -> None:
    """In either folder, of a test, an import, an exit; the plugin's own lines too."""
    (plugin / "test_a.py").write_text(
        "import plugin\n\ndef test_good():\n    assert plugin.count() == 1\n"
        "    assert plugin.count() == 2\n\ndef test_bad():\n    assert 1 + 1 == 3\n\n"
        "def test_exit():\n    raise SystemExit(5)\n\ndef helper():\n    assert False\n")
    (plugin / "tests" / "test_b.py").write_text("import nothing_of_that_name\n")
    (plugin / "tests" / "not_a_test.py").write_text("raise ValueError\n")
    done = command("plugin", "test", plugin, "--json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["passed"], result["failed"]) == (1, 3)
    errors = {test["test"]: test["error"] for test in result["tests"]}
    assert errors["test_a.py::test_good"] == ""
    assert "assert 1 + 1 == 3" in errors["test_a.py::test_bad"]
    assert errors["test_a.py::test_bad"].endswith("AssertionError (test_a.py, line 8)")
    assert errors["test_a.py::test_exit"].endswith("SystemExit: 5 (test_a.py, line 11)")
    assert "nothing_of_that_name" in errors["tests/test_b.py"]
    assert errors["tests/test_b.py"].endswith("(tests/test_b.py, line 1)")
    text = command("plugin", "test", plugin)
    assert text.returncode == 1
    assert text.stdout.endswith("1 passed, 3 failed\n")
    assert "\nFAILED test_a.py::test_bad (" in text.stdout


def test_truth_and_permission(plugin: Path) -> None:
    """The simulated sensor behind the real checks: another address is refused."""
    (plugin / "test_light.py").write_text(
        "import plugin\nfrom harvester import testing\nfrom wit_world.imports import i2c\n\n"
        "def test_truth():\n    lux = testing.truth()['bh1750']['lux']\n"
        "    reading = plugin.poll()['lux']\n"
        "    assert abs(reading - lux) < max(20, lux / 10), (reading, lux)\n\n"
        "def test_denied():\n    try:\n        i2c.write_read(1, 0x77, b'', 1)\n"
        "    except Exception as error:\n        assert 'NOT_GRANTED' in str(error)\n"
        "    else:\n        raise AssertionError\n")
    done = command("plugin", "test", plugin)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed")


HANGS = """
def test_first():
    pass

def test_hangs():
    while True:
        pass

def test_never_reached():
    pass
"""


def test_one_that_hangs_has_a_name(plugin: Path) -> None:
    """Those that had ended are reported, and that others were not run."""
    (plugin / "test_slow.py").write_text(HANGS)
    done = command("plugin", "test", plugin, "--duration", "1")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"passed test_slow\.py::test_first \(0\.\d\d s\)", lines[0])
    assert re.fullmatch(r"FAILED test_slow\.py::test_hangs \(\d\.\d\d s\)", lines[1])
    assert lines[2:] == ["    stopped at the deadline of 1 s for all tests (see --duration); the tests "
                         "after it were not run", "1 passed, 1 failed"]


def test_file_that_hangs_has_a_name(plugin: Path) -> None:
    (plugin / "test_a.py").write_text("def test_a():\n    pass\n")
    (plugin / "test_b.py").write_text("while True:\n    pass\n")
    done = command("plugin", "test", plugin, "--duration", "1", "--json")
    result = json.loads(done.stdout)
    assert [(test["test"], test["passed"]) for test in result["tests"]] == [
        ("test_a.py::test_a", True), ("test_b.py", False)]


def test_one_that_kills_the_guest_has_a_name(plugin: Path) -> None:
    (plugin / "test_a.py").write_text(
        "import os\n\ndef test_a():\n    pass\n\ndef test_dies():\n    os.abort()\n")
    done = command("plugin", "test", plugin, "--json")
    result = json.loads(done.stdout)
    assert [(test["test"], test["passed"]) for test in result["tests"]] == [
        ("test_a.py::test_a", True), ("test_a.py::test_dies", False)]
    assert result["tests"][1]["error"].endswith("; the tests after it were not run")


@pytest.mark.parametrize("source, text", [
    ("def poll(:\n", "SyntaxError"), ("x = 1\n", "has no poll, render or update")])
def test_plugin_that_does_not_load(plugin: Path, source: str, text: str) -> None:
    (plugin / "plugin.py").write_text(source)
    (plugin / "test_a.py").write_text("def test_a():\n    pass\n")
    done = command("plugin", "test", plugin)
    assert (done.returncode, done.stdout) == (1, "")
    assert text in done.stderr.splitlines()[-1]


def test_what_cannot_be_tested(plugin: Path, tmp_path: Path) -> None:
    done = command("plugin", "test", plugin)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{plugin}: no tests found: put them into files test_*.py in the plugin's folder\n"
    assert command("plugin", "test", tmp_path / "nothing").returncode == 1
    (plugin / "test_a.py").write_text("x = 1\n")
    assert command("plugin", "test", plugin).stdout == "0 passed, 0 failed\n"
    (plugin / "permission.toml").write_text("allow_i2c = 5\n")
    done = command("plugin", "test", plugin)
    assert done.returncode == 1 and "permission.toml:1:13" in done.stderr


def test_every_simulated_device_is_there(plugin: Path) -> None:
    """Those too that a node has on request only."""
    (plugin / "test_a.py").write_text(
        "from harvester import testing\n\ndef test_a():\n    names = set(testing.truth())\n"
        "    assert {'bme680', 'bh1750', 'bme280', 'mcp3008', 'pms5003', 'ds18b20'} <= names, names\n")
    done = command("plugin", "test", plugin)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed")
