"""`harvester plugin add-package`, with wheels from a folder: no network is used."""
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Callable

import pytest
from node import PROGRAM, Harvester, command


def make_wheel(folder: Path, name: str, files: dict[str, str], needs: tuple[str, ...] = (),
               tag: str = "py3-none-any") -> None:
    """A wheel of version 1."""
    info = f"{name}-1.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    content = files | {
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"}
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*content, f"{info}/RECORD"))
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1-{tag}.whl", "w") as wheel:
        for path, text in content.items():
            wheel.writestr(path, text)


def native_tag() -> str:
    """Of wheels with compiled code that pip takes here."""
    machine = os.uname().machine
    return f"py3-none-manylinux2014_{machine}"


@pytest.fixture(autouse=True)
def pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python has it; the machine's may not."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """sensor needs helper and smbus2, helper needs sensor and, for tests, something."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "sensor", {"sensor/__init__.py": "import helper, smbus2\nVALUE = 5\n"},
               ("helper>=1", "smbus2<1", "Adafruit-Blinka", "old; python_version < '3'"))
    make_wheel(folder, "helper", {"helper.py": "x = 1\n"}, ("sensor", "nothing; extra == 'test'"))
    make_wheel(folder, "fast", {"fast/_speed.abi3.so": "ELF", "fast/__init__.py": ""},
               tag=native_tag())
    make_wheel(folder, "needy", {"needy.py": ""}, ("fast",))
    return folder


@pytest.fixture
def plugin(plugins: Path) -> Path:
    """A plugin that uses the package."""
    folder = plugins / "reader"
    folder.mkdir()
    (folder / "plugin.py").write_text(
        "import sensor\n\ndef poll():\n    return {'value': sensor.VALUE}\n")
    return folder


def add(plugin: Path, wheels: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return command("plugin", "add-package", plugin, *words, "--from", wheels)


def test_a_package_and_what_it_needs(plugin: Path, wheels: Path,
                                     start: Callable[..., Harvester]) -> None:
    """It runs in the sandbox, on the runtime's smbus2."""
    done = add(plugin, wheels, "sensor", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    size = sum(path.stat().st_size for path in plugin.glob("lib/**/*.py"))
    assert json.loads(done.stdout) == {
        "added": ["sensor", "helper"], "left_out": ["smbus2", "adafruit-blinka"], "files": 2,
        "bytes": size, "folder": f"{plugin}/lib"}
    assert sorted(path.name for path in plugin.iterdir()) == ["lib", "plugin.py"]
    assert start().wait_for_value("reader") == {"value": 5}


def test_text(plugin: Path, wheels: Path) -> None:
    done = add(plugin, wheels, "helper", "spidev")
    assert done.stdout.splitlines() == [
        "added: helper, sensor",
        "left out, since the runtime has its own or does not need it: spidev, smbus2, adafruit-blinka",
        f"2 files of Python, 0 kB, in {plugin}/lib"]
    assert add(plugin, wheels, "helper").stdout == f"0 files of Python, 0 kB, in {plugin}/lib\n"


def test_one_more_package(plugin: Path, wheels: Path) -> None:
    """What is there stays; what would overwrite it is refused, and nothing is left of the try."""
    (plugin / "lib").mkdir()
    (plugin / "lib" / "mine.py").write_text("")
    assert add(plugin, wheels, "sensor").returncode == 0
    make_wheel(wheels, "other", {"mine.py": "", "another.py": ""})
    before = sorted(plugin.rglob("*"))
    done = add(plugin, wheels, "other")
    assert done.returncode == 1
    assert done.stderr == f"{plugin}/lib/mine.py already exists: remove it first, then run the command again\n"
    assert sorted(plugin.rglob("*")) == before


@pytest.mark.parametrize("words, text", [
    (["fast"], "fast/_speed.abi3.so is a compiled extension, but only pure-Python packages run in the "
               "sandbox: choose another package\n"),
    (["sensor", "needy"], "fast/_speed.abi3.so is a compiled extension, but only pure-Python packages "
                          "run in the sandbox: choose another package\n"),
    (["unknown"], "pip: Could not find a version that satisfies the requirement unknown (from "
                  "versions: none) (only wheels can be installed; choose another version or package)\n"),
    (["../x"], "../x is not a package's name: give one such as smbus2 or smbus2==0.4.3\n"),
    (["a @ file:///x"], "a @ file:///x is not a package's name: give one such as smbus2 or smbus2==0.4.3\n"),
])
def test_refusals_leave_nothing(plugin: Path, wheels: Path, words: list[str], text: str) -> None:
    done = add(plugin, wheels, *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", text)
    assert [path.name for path in plugin.iterdir()] == ["plugin.py"]


def test_no_plugin(tmp_path: Path, wheels: Path) -> None:
    done = add(tmp_path, wheels, "sensor")
    assert done.returncode == 1
    assert done.stderr == (f"{tmp_path} is not a plugin's folder, since it has no plugin.py: name the "
                           "folder of a plugin\n")


def run_in(environment: dict[str, str], plugin: Path) -> str:
    done = subprocess.run([PROGRAM, "plugin", "add-package", plugin, "sensor"], text=True,
                          env=os.environ | environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert [path.name for path in plugin.iterdir()] == ["plugin.py"]
    return done.stderr


def test_machines_without(plugin: Path, tmp_path: Path) -> None:
    """No Python, no pip, no network."""
    assert run_in({"PATH": "/nonexistent"}, plugin) == "cannot start python3 (is it installed?): No such file or directory\n"
    tools = tmp_path / "tools"
    tools.mkdir()
    python = tools / "python3"
    python.write_text("#!/bin/sh\necho /usr/bin/python3: No module named pip >&2\nexit 1\n")
    python.chmod(0o755)
    assert run_in({"PATH": str(tools)}, plugin) == \
        "python3 has no pip: install the package python3-pip\n"
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": "/dev/null",
                   "PIP_NO_INDEX": "0", "no_proxy": "*"}
    assert run_in(unreachable, plugin).startswith("pip cannot reach the package index")
