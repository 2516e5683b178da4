"""What a plugin declares about its fields, with describe()."""
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECLARED = '[{"field": "t", "unit": "°C", "decimals": 1}]'


def described(runtime) -> object:
    """What the host reads from describe()."""
    return json.loads(runtime.script.call("describe", "null"))


@pytest.mark.parametrize("source", [
    f"def poll():\n    return None\n\n\ndef describe():\n    return {DECLARED}\n",
    f"class A:\n    def poll(self):\n        return None\n\n    def describe(self):\n        return {DECLARED}\n",
    "class A:\n    def poll(self):\n        return None\n\n\n"
    f"def describe():\n    return {DECLARED}\n",
    "from wit_world import exports\n\n\n"
    "class Logic(exports.Logic):\n    def poll(self):\n        return None\n\n\n"
    f"class Description(exports.DescriptionLogic):\n    def describe(self):\n        return {DECLARED}\n"])
def test_the_ways_to_declare(runtime, source: str) -> None:
    assert runtime.load(source) == ["poll", "describe"]
    assert described(runtime) == json.loads(DECLARED)


def test_records_of_the_interface(runtime) -> None:
    """As a component would return them."""
    runtime.load("from wit_world.exports.description_logic import Field, Kind\n\n\n"
                 "def poll():\n    return None\n\n\n"
                 "def describe():\n    return [Field(field='n', kind='counter', unit=None)]\n")
    assert described(runtime) == [{"field": "n", "kind": "counter", "unit": None}]


def test_without(runtime) -> None:
    assert runtime.load("def poll():\n    return None\n") == ["poll"]
    assert "no function 'describe'" in runtime.error("describe", "null")


@pytest.mark.parametrize("result, text", [
    ("7", "describe returned int"), ("[7]", "describe returned a list with int in it"),
    ("1 / 0", "ZeroDivisionError")])
def test_wrong_results(runtime, result: str, text: str) -> None:
    runtime.load(f"def poll():\n    return None\n\n\ndef describe():\n    return {result}\n")
    assert text in runtime.error("describe", "null")


@pytest.mark.parametrize("folder", sorted(
    str(path.parent.relative_to(ROOT / "plugins")) for path in ROOT.glob("plugins/**/plugin.py")
    if "poll" in path.read_text()))
def test_every_plugin_of_the_project_declares(runtime, folder: str) -> None:
    assert "describe" in runtime.load_folder(folder)
    assert all(set(field) <= {"field", "name", "unit", "quantity", "kind", "decimals", "minimum", "maximum"}
               for field in described(runtime))
