"""`[engine] target`: plugins that are interpreted need no memory that holds machine code."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import wasm
from node import BUILD, COUNTER, ROOT, Harvester, command, simulated

ANSWER = 42


def code(pid: int) -> set[str]:
    """What the process has mapped as executable, apart from the program, its libraries and the kernel's own page."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    mapped = {fields[5] if len(fields := line.split(maxsplit=5)) == 6 else "anonymous"
              for line in lines if "x" in line.split()[1]}
    return {path for path in mapped if not re.search(r"\.so[.\d]*$|/harvester-guest$|^\[v", path)}


@pytest.fixture(params=["native", "pulley64"])
def target(request: pytest.FixtureRequest) -> str:
    """Each of them."""
    return request.param


def test_script_and_component(tmp_path: Path, target: str) -> None:
    """Both run, and only machine code is mapped as executable."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "counter.py").write_text(COUNTER)
    (plugins / "answer.wasm").write_bytes(wasm.component(ANSWER))
    with Harvester(tmp_path, simulated({"engine": {"target": target}}), plugins) as node:
        node.wait_for_data("counter", "it counts", lambda data: data.get("count", 0) > 1)
        assert node.wait_for_value("answer")["value"] == ANSWER
        for name in ("counter", "answer"):
            assert bool(code(node.plugin(name)["pid"])) == (target == "native"), name


def test_plugins_of_the_demonstration(tmp_path: Path, target: str) -> None:
    """All of them give readings without an error; test_extra_devices.py has the others."""
    names = [path.parent.name for path in sorted((ROOT / "plugins").glob("*/plugin.py"))]
    for name in names:
        shutil.copytree(ROOT / "plugins" / name, tmp_path / "plugins" / name)
    with Harvester(tmp_path, simulated({"engine": {"target": target}, "dashboard": {"plugin": "dashboard"}})) as node:
        for sensor in ("bh1750", "bme680", "dht22"):
            node.wait_for_value(sensor)
        node.wait_for_data("pi4-monitor", "knows its memory", lambda data: data.get("memory_total_mb"))
        node.wait_until("the page is the plugin's", lambda: b"dashboard plugin is not available" not in node.get("/"))
        assert {name: node.plugin(name)["errors"] for name in names if name != "pi4-monitor"} == {
            name: 0 for name in names if name != "pi4-monitor"}


def test_compiled_again_for_the_other_target(tmp_path: Path) -> None:
    """The cache of one target is of no use to the other, and stays for the way back."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "answer.wasm").write_bytes(wasm.component(ANSWER))
    for target, compiles in (("native", True), ("pulley64", True), ("native", False), ("pulley64", False)):
        with Harvester(tmp_path, simulated({"engine": {"target": target}}), plugins, data=tmp_path / "data") as node:
            node.wait_for_value("answer")
            assert ("answer: compiled answer in" in node.text()) == compiles, target


def test_artifact_of_another_target(tmp_path: Path) -> None:
    """The guest says what is wrong with it, and runs nothing."""
    (tmp_path / "answer.wasm").write_bytes(wasm.component(ANSWER))
    compiled = command("plugin", "compile", tmp_path / "answer.wasm", "--target", "pulley64", "-o", tmp_path / "a.cwasm")
    assert compiled.returncode == 0, compiled.stderr
    inspected = subprocess.run([BUILD / "harvester-guest", "inspect", tmp_path / "a.cwasm"], capture_output=True,
                               text=True, check=False)
    assert inspected.returncode != 0
    assert "pulley" in inspected.stderr


def test_unknown_target(tmp_path: Path) -> None:
    """The configuration is refused, with the words that are allowed."""
    config = tmp_path / "config.toml"
    config.write_text('[engine]\ntarget = "z80"\n')
    refused = command("run", "--config", config)
    assert refused.returncode != 0
    assert "engine.target" in refused.stderr and "native" in refused.stderr and "pulley64" in refused.stderr
