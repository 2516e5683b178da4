"""The editor stubs against the WIT file, and the template of `harvester plugin new`."""
import ast
import json

import pytest
import wit

SDK = wit.ROOT / "sdk" / "python"
IMPORTS = [name for name in wit.read("harvester")
           if name != "script" and not name.endswith("-logic")]


@pytest.mark.parametrize("name", IMPORTS)
def test_stub_has_the_functions_of_the_interface(name: str) -> None:
    tree = ast.parse((SDK / "wit_world" / "imports" / f"{wit.snake(name)}.pyi").read_text())
    found = {node.name: [argument.arg for argument in node.args.args]
             for node in tree.body if isinstance(node, ast.FunctionDef)}
    declared = {wit.snake(function): [wit.snake(parameter) for parameter, _ in parameters]
                for function, parameters in wit.read("harvester")[name].functions.items()}
    assert found == declared


def test_no_stub_without_an_interface() -> None:
    files = {path.stem for path in (SDK / "wit_world" / "imports").glob("*.pyi")}
    assert files == {wit.snake(name) for name in IMPORTS} | {"__init__"}


def test_template_runs(runtime, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: runtime.host.call("sleep", seconds))
    runtime.host.answers["i2c.write_read"] = lambda bus, address, data, size: b"\x00\x78"
    assert runtime.load((SDK / "template" / "plugin.py").read_text()) == ["poll", "describe"]
    assert runtime.poll() == {"value": 100.0}
    assert runtime.host.calls == [("i2c.write_read", 1, 0x23, b"\x20", 0), ("sleep", 0.18),
                                  ("i2c.write_read", 1, 0x23, b"", 2)]


def test_testing_stub_is_the_helper() -> None:
    def functions(path):
        return {node.name: [argument.arg for argument in node.args.args]
                for node in ast.parse(path.read_text()).body
                if isinstance(node, ast.FunctionDef)}
    helper = wit.ROOT / "runtime" / "python" / "harvester" / "testing.py"
    assert functions(SDK / "harvester" / "testing.pyi") == functions(helper)


def run_tests(runtime, truth):
    """All results, and what was announced before each."""
    results, announced = [], []
    while not announced or announced[-1]:
        answer = json.loads(runtime.script.call("test", truth))
        results += answer["results"]
        announced.append(answer["next"])
    return results, announced[:-1]


def test_template_passes_its_tests(runtime, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    runtime.host.answers["i2c.write_read"] = lambda bus, address, data, size: b"\x00\x78"
    files = {path.name: path.read_text() for path in (SDK / "template").glob("*.py")}
    assert runtime.load(files) == ["poll", "describe", "test"]
    results, announced = run_tests(runtime, '{"bh1750": {"lux": 110}}')
    assert announced == ["test_plugin.py", *(result["test"] for result in results)]
    assert [result["passed"] for result in results] == [True] * 3
