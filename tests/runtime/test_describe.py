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


def test_the_docstring(runtime) -> None:
    """Its first paragraph is one more declaration, behind those of describe()."""
    runtime.load('"""Counts\n   the drops of rain.\n\nNotes for authors.\n"""\n\n\n'
                 f"def poll():\n    return None\n\n\ndef describe():\n    return {DECLARED}\n")
    assert described(runtime) == [*json.loads(DECLARED), {"about": "Counts the drops of rain."}]
    assert runtime.load('"""A page."""\n\n\ndef render(state):\n    return ""\n') == ["render", "describe"]
    assert described(runtime) == [{"about": "A page."}]


@pytest.mark.parametrize("docstring, about", [
    ("x" * 512, "x" * 512),
    ("x" * 513, "x" * 509 + "…"),
    ("x" * 508 + "°" * 3, "x" * 508 + "…"),  # no half of a character
    ("a\u202eb\x07\udc80\u200bc <b>d</b>", "abc <b>d</b>"),  # the host refuses what is not plain text
    ("\n\n  First.\n  Still first.\n   \n  Second.", "First. Still first."),
    (" \n ", None), ("", None)])
def test_what_a_docstring_may_be(runtime, docstring: str, about: str | None) -> None:
    """At most 512 bytes of plain text on one line."""
    functions = runtime.load(f"__doc__ = {docstring!r}\n\n\ndef poll():\n    return None\n")
    assert functions == (["poll", "describe"] if about else ["poll"])
    if about:
        assert described(runtime) == [{"about": about}]


def test_what_is_no_list_stays_so(runtime) -> None:
    """Whatever describe() returned is judged by the host, as without a docstring."""
    runtime.load('"""Doc."""\n\n\ndef poll():\n    return None\n\n\ndef describe():\n    return {"field": "t"}\n')
    assert described(runtime) == {"field": "t"}


@pytest.mark.parametrize("folder", sorted(
    str(path.parent.relative_to(ROOT / "plugins")) for path in ROOT.glob("plugins/**/plugin.py")
    if "poll" in path.read_text()))
def test_every_plugin_of_the_project_declares(runtime, folder: str) -> None:
    assert "describe" in runtime.load_folder(folder)
    *fields, about = described(runtime)
    assert all(set(field) <= {"field", "name", "unit", "quantity", "kind", "decimals", "minimum", "maximum"}
               for field in fields)
    assert list(about) == ["about"]
