"""Files that are no components, and bad permission files: each is told what is wrong, in a place
where its author looks, and nobody else is held up.
"""
import re
import time
import struct
from pathlib import Path
from typing import Iterator

import pytest
from node import COUNTER, Harvester, simulated

CORE = b"\0asm\x01\x00\x00\x00"
COMPONENT = b"\0asm\x0d\x00\x01\x00"

COMPONENTS = {
    "empty": b"",
    # A section that says it is longer than what is left.
    "truncated": COMPONENT + b"\x01\xff\x7f" + CORE,
    "random": struct.pack(">64Q", *(i * 0x9E3779B97F4A7C15 % 2 ** 64 for i in range(1, 65))),
    "core-module": CORE,
    "no-function": COMPONENT,
    "text": b"(component)",
}

PERMISSIONS = {
    "unknown-key": 'allow_i2c = [0x23]\nallow_led = true\n',
    "out-of-range": 'allow_i2c = [0x23, 0x78]\n',
    "wrong-type": 'allow_fan = "yes"\n',
    "no-toml": 'allow_fan = tru\n',
}

# What the log says of each; FOLDER is the plugins folder.
COMPONENT_ERRORS = {
    "empty": r"FOLDER/empty\.wasm is empty: build the component again",
    "random": r"FOLDER/random\.wasm is not a WebAssembly file: build the component again",
    "core-module": r"FOLDER/core-module\.wasm is a core WebAssembly module, not a component; build "
                   r"it with componentize-py or `wasm-tools component new`",
    "text": r"FOLDER/text\.wasm is not a WebAssembly file: build the component again",
    "no-function": r"exports no poll\(\), render\(string\) or update\(string\)",
    "truncated": r"FOLDER/truncated\.wasm: wasm component contains an invalid module section: "
                 r"section range 11\.\.16394 is out of bounds \(bound = 19\)",
}

PERMISSION_ERRORS = {
    "unknown-key": r"FOLDER/unknown-key/permission\.toml:2:1: unknown key allow_led, "
                   r"did you mean allow_leds\?",
    "out-of-range": r"FOLDER/out-of-range/permission\.toml:1:20: allow_i2c: expected an i2c "
                    r'address from 0x08 to 0x77 \(0x3C or "0x3C"\), found the integer 120',
    "wrong-type": r"FOLDER/wrong-type/permission\.toml:1:13: allow_fan: expected true or false, "
                  r'found the string "yes"',
    "no-toml": r"FOLDER/no-toml/permission\.toml:1:16: Error while parsing boolean: .*",
}


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """One node for all of this file."""
    folder: Path = tmp_path_factory.mktemp("components")
    plugins = folder / "plugins"
    plugins.mkdir()
    for name, content in COMPONENTS.items():
        (plugins / f"{name}.wasm").write_bytes(content)
    for name, permission in PERMISSIONS.items():
        (plugins / name).mkdir()
        (plugins / name / "plugin.py").write_text(COUNTER)
        (plugins / name / "permission.toml").write_text(permission)
    (plugins / "neighbour.py").write_text(COUNTER)
    with Harvester(folder, simulated()) as harvester:
        yield harvester


def in_folder(harvester: Harvester, pattern: str) -> str:
    """The pattern with the name of the folder in place."""
    return pattern.replace("FOLDER", re.escape(str(harvester.plugins)))


@pytest.mark.parametrize("name", [
    *COMPONENT_ERRORS])
def test_component(harvester: Harvester, name: str) -> None:
    """The error names the file; it is tried again, since the file may be half-copied."""
    error = in_folder(harvester, COMPONENT_ERRORS[name])
    assert re.fullmatch(error, harvester.wait_for_error(name))
    harvester.wait_for_log(f" error {name}: {error}$")
    harvester.wait_for_log(f" warning {name}: starts again in 1 s$")
    assert harvester.plugin(name)["kind"] == "component"


def test_component_is_mended(harvester: Harvester) -> None:
    """Another content under the same name is taken at once, and is judged anew."""
    file = harvester.plugins / f"mended-{time.monotonic_ns()}.wasm"  # other tests look at the others
    file.write_bytes(b"")
    assert "is empty" in harvester.wait_for_error(file.stem)
    file.write_bytes(CORE)
    harvester.wait_for_log(f" info {file.stem}: changed, loading it again$")
    harvester.wait_for_data(file.stem, "is a core module now",
                            lambda data: "core WebAssembly module" in data["error"])


@pytest.mark.parametrize("name", PERMISSION_ERRORS)
def test_permission_file(harvester: Harvester, name: str) -> None:
    """File, line, column and what was expected; without good permissions nothing is started."""
    problem = in_folder(harvester, PERMISSION_ERRORS[name])
    harvester.wait_for_log(f" error {name}: {problem}$")
    harvester.wait_for_log(f" warning {name}: not started: its permission file has errors:$")
    assert re.fullmatch(problem, harvester.wait_for_error(name))
    assert not harvester.plugin(name).get("pid")


def test_permission_file_is_mended(harvester: Harvester) -> None:
    """The plugin starts when its permissions are good."""
    folder = harvester.plugins / f"mended-{time.monotonic_ns()}"
    folder.mkdir()
    (folder / "permission.toml").write_text("allow_fan = 1\n")
    (folder / "plugin.py").write_text(COUNTER)
    harvester.wait_for_error(folder.name)
    (folder / "permission.toml").write_text("allow_fan = true\n")
    assert harvester.wait_for_value(folder.name)["count"] > 0
    assert harvester.plugin(folder.name)["granted"]["fan"] is True


def test_neighbour_goes_on(harvester: Harvester) -> None:
    """None of this concerns a good plugin."""
    before = harvester.wait_for_value("neighbour")["count"]
    harvester.wait_for_data("neighbour", "counts on", lambda data: data["count"] > before + 5)
    assert harvester.plugin("neighbour")["restarts"] == 0
