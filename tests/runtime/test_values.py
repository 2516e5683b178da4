"""What poll may return, and the message for what it may not."""
import json

import pytest

from harvester_runtime import values

EXPECTED = "expected a record, a list of records, a dict or None"


@pytest.mark.parametrize("expression, result", [
    ("None", None),
    ("[]", []),
    ("{}", {}),
    ("{'a': 1, 'b': True, 'c': 'é', 'd': None, 'e': 2.5}",
     {"a": 1, "b": True, "c": "é", "d": None, "e": 2.5}),
    ("{'a': [1, (2, {'b': 3})]}", {"a": [1, [2, {"b": 3}]]}),
    ("[{'a': 1}, Data(2), Named(3)]", [{"a": 1}, {"a": 2}, {"a": 3}]),
    ("({'a': 1}, {'a': 2})", [{"a": 1}, {"a": 2}]),
    ("Named(1)", {"a": 1}),
    ("{'a': float('nan'), 'b': float('inf'), 'c': float('-inf')}",
     {"a": {"not_finite": "nan"}, "b": {"not_finite": "inf"}, "c": {"not_finite": "-inf"}}),
    ("{'a': Plain.VERY_LOW, 'b': Text.LOW, 'c': Number.LOW}",
     {"a": "very-low", "b": "low!", "c": 7}),
    ("{'a': -2 ** 63, 'b': 2 ** 63 - 1}", {"a": -2 ** 63, "b": 2 ** 63 - 1}),
])
def test_result(runtime, expression: str, result: object) -> None:
    runtime.load(f"""
import collections, dataclasses, enum
@dataclasses.dataclass
class Data:
    a: int
Named = collections.namedtuple("Named", "a")
Plain = enum.Enum("Plain", "VERY_LOW")
class Text(enum.Enum):
    LOW = "low!"
class Number(enum.IntEnum):
    LOW = 7
def poll():
    return {expression}
""")
    assert runtime.poll() == result


@pytest.mark.parametrize("expression, message", [
    ("3", f"poll returned int, {EXPECTED}"),
    ("'text'", f"poll returned str, {EXPECTED}"),
    ("{1, 2}", f"poll returned set, {EXPECTED}"),
    ("[1]", f"poll returned a list with int in it, {EXPECTED}"),
    ("[{}, None]", f"poll returned a list with None in it, {EXPECTED}"),
    ("dict", f"poll returned type, {EXPECTED}"),
    ("{'raw': b'x'}", "reading 1, field 'raw': bytes cannot be a reading's value"),
    ("[{}, {'a': {'b': [0, object()]}}]",
     "reading 2, field 'a.b[1]': object cannot be a reading's value"),
    ("{'n': 2 ** 63}",
     "reading 1, field 'n': an integer of more than 64 bits cannot be a reading's value"),
    ("{'n': -10 ** 9999}",
     "reading 1, field 'n': an integer of more than 64 bits cannot be a reading's value"),
    ("{3: 1}", "reading 1: a field's name must be str, not int"),
    ("{'s': chr(0xd800)}", "reading 1, field 's': text that is not valid Unicode"),
    ("{'s': 'a' + chr(0)}", "reading 1, field 's': text with a zero character"),
])
def test_refused(runtime, expression: str, message: str) -> None:
    runtime.load(f"def poll():\n    return {expression}\n")
    assert runtime.error() == f"TypeError: {message}"


def test_depth_has_a_limit() -> None:
    value: object = 1
    for _ in range(values.MAX_DEPTH - 1):
        value = {"a": value}
    assert json.loads(values.poll_result_to_json(value)) == value
    with pytest.raises(TypeError, match="reading 1, field 'a.*': more than 8 levels deep"):
        values.poll_result_to_json({"a": value})


def test_a_value_that_holds_itself(runtime) -> None:
    runtime.load("def poll():\n    x = {}\n    x['x'] = x\n    return x\n")
    assert runtime.error().endswith("more than 8 levels deep")


def test_render_and_update(runtime) -> None:
    runtime.load("def render(state): return state.upper()\ndef update(state): return 5\n")
    assert runtime.script.call("render", "<p>") == "<P>"
    assert runtime.script.call("update", "{}") == ""


@pytest.mark.parametrize("value, message", [
    ("None", "render returned NoneType, expected str"),
    ("chr(0xdfff)", "render returned text that is not valid Unicode"),
])
def test_render_refused(runtime, value: str, message: str) -> None:
    runtime.load(f"def render(state): return {value}\n")
    assert runtime.error("render", "{}") == f"TypeError: {message}"
