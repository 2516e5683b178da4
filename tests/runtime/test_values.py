"""What poll may return, and the message for what it may not."""
import dataclasses
import enum
import json
import random
import types
from typing import Any, Callable, NamedTuple

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


class Level(enum.Enum):
    VERY_LOW = 0


@dataclasses.dataclass
class Record:
    first: Any
    second: Any


class Named(NamedTuple):
    first: Any
    second: Any


PLAIN = (0, -1, values.HIGHEST, values.LOWEST, 2.5, -0.0, 1e300, True, False, None, "", "text",
         "é\U0001f321", '"quoted"\\', "\\u0000", "\n")
ODD = (values.HIGHEST + 1, values.LOWEST - 1, float("nan"), float("inf"), -float("inf"), "\0",
       "a\ud800", b"raw", {1, 2}, Level.VERY_LOW, (1, 2), 3j, Level, object)


def any_value(numbers: random.Random, oddness: float, depth: int) -> Any:
    """A value of few parts, with records and lists down to what is one level too deep."""
    if depth <= values.MAX_DEPTH and numbers.random() < 0.6:
        return numbers.choice((any_record, any_list))(numbers, oddness, depth)
    return numbers.choice(ODD if numbers.random() < oddness else PLAIN)


def any_list(numbers: random.Random, oddness: float, depth: int) -> list[Any]:
    """Up to two values."""
    return [any_value(numbers, oddness, depth + 1) for _ in range(numbers.randrange(3))]


def any_record(numbers: random.Random, oddness: float, depth: int) -> Any:
    """One of the kinds of record; an odd one may have an odd name."""
    first, second = (any_value(numbers, oddness, depth + 1) for _ in range(2))
    if numbers.random() < oddness:
        return {numbers.choice((3, None, "\0", "\udfff", Level)): first}
    kinds = (Record, Named, lambda a, b: types.SimpleNamespace(x=a, y=b),
             lambda a, b: {"a": a, "é": b})
    return numbers.choice(kinds if depth == 1 or oddness else kinds[3:])(first, second)


def outcome(convert: Callable[[Any], str | None], value: Any) -> str | None:
    """The text, or the error."""
    try:
        return convert(value)
    except TypeError as error:
        return f"TypeError: {error}"


def test_the_short_way_gives_what_the_long_one_gives() -> None:
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    numbers = random.Random(seed)
    taken = 0
    for number in range(3000):
        oddness = 0.1 * (number % 2)
        kind = numbers.choice((any_record, any_list, any_value))
        value = kind(numbers, oddness, 1)
        short = outcome(values.plain_to_json, value)
        assert value is None or short in (None, outcome(values.any_to_json, value))
        taken += short is not None
    assert taken > 300


@pytest.mark.parametrize("value", [
    {"a": 1, "b": [2.5, None, {"c": "é"}]}, [Record(1, "x")], types.SimpleNamespace(a=True), [],
    {}, [{}], {"n": values.HIGHEST}, {"n": values.LOWEST}])
def test_usual_values_take_the_short_way(value: Any) -> None:
    assert values.plain_to_json(value) == values.any_to_json(value)


@pytest.mark.parametrize("value", [
    {"a": Level.VERY_LOW}, {"a": float("nan")}, {"a": values.HIGHEST + 1}, {"a": "\0"},
    {"a\ud800": 1}, {1: 1}, {"a": (1,)}, 5, [1], Record, [None], Named(1, 2)])
def test_others_take_the_long_way(value: Any) -> None:
    assert values.plain_to_json(value) is None


def test_without_the_encoder_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"a": [1, 2.5, True, None, 'é"']}
    encode = values._encoder()
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    assert values._encoder()(value) == encode(value) == '{"a":[1,2.5,true,null,"é\\""]}'


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
