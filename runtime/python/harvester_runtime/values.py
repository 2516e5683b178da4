"""From what `poll` returns to JSON, with errors that name the field.

What JSON cannot say is either given a form that the host knows (a float that is not finite) or
refused: a reading never holds a value that its plugin did not mean.
"""
import dataclasses
import enum
import functools
import json
import json.encoder
import math
import types
from typing import Any, Callable

from componentize_py_types import Some

MAX_DEPTH = 8
LOWEST, HIGHEST = -2 ** 63, 2 ** 63 - 1
PLAIN = frozenset((float, str, bool, type(None)))
ZERO = "\\u0000"  # a zero character as JSON has it; text may look like it, which costs time only
EXPECTED = "expected a record, a list of records, a dict or None"


def poll_result_to_json(result: Any) -> str:
    """The JSON text of a poll's result: null, an object or a list of objects."""
    if result is None:
        return "null"
    return plain_to_json(result) or any_to_json(result)


def described_to_json(result: Any) -> str:
    """The JSON text of what describe() returned: a list of records, or null."""
    if result is None:
        return "null"
    return plain_to_json(result) or any_to_json(result, "describe")


def plain_to_json(result: Any) -> str | None:
    """The JSON text of what most polls return: records and dicts of plain values. None for all
    else, which may yet be good.

    Code that has not run since the last poll is slow to run, so there is as little as possible
    here.
    """
    value: Any
    if type(result) is list:
        value = [_plain_reading(item) for item in result]
        if None in value:
            return None
    else:
        value = _plain_reading(result)
        if value is None:
            return None
    try:
        text = _encode(value)
        text.encode()  # a lone surrogate raises here
    except ValueError:  # a float that is not finite
        return None
    return None if ZERO in text else text


def any_to_json(result: Any, what: str = "poll") -> str:
    """The same for whatever a poll may return, value by value."""
    if isinstance(result, (list, tuple)) and not hasattr(result, "_fields"):
        value: Any = [_reading(item, number, f"{what} returned a list with {_article(item)}")
                      for number, item in enumerate(result, 1)]
    else:
        value = _reading(result, 1, f"{what} returned {type(result).__name__}")
    return _encode(value)


def _encoder() -> Callable[[Any], str]:
    """One encoder for all calls: to make it takes longer than to use it."""
    if json.encoder.c_make_encoder is None:
        return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    chunks = json.encoder.c_make_encoder(
        None, None, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode = _encoder()


def _plain_reading(item: Any) -> dict[str, Any] | None:
    """A record as a dict if its values are plain, else None."""
    if type(item) is dict:
        fields = item
    elif names := _dataclass_names(type(item)):
        fields = {name: getattr(item, name) for name in names}
    elif isinstance(item, types.SimpleNamespace):
        fields = vars(item)
    else:
        return None
    return fields if _is_plain(fields, 1) else None


@functools.lru_cache
def _dataclass_names(cls: type) -> tuple[str, ...]:
    """The fields of a dataclass; none for any other class."""
    if not dataclasses.is_dataclass(cls) or issubclass(cls, (dict, tuple)):
        return ()
    return tuple(field.name for field in dataclasses.fields(cls))


def _is_plain(value: Any, depth: int) -> bool:
    """Whether JSON has the value's very type. What text and floats hold is seen when they are
    encoded.
    """
    kind = type(value)
    if kind is int:
        return LOWEST <= value <= HIGHEST
    if kind in PLAIN:
        return True
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        for name, item in value.items():
            if type(name) is not str or not _is_plain(item, depth + 1):
                return False
        return True
    return kind is list and all([_is_plain(item, depth + 1) for item in value])


def check_text(text: Any, what: str) -> str:
    """Text as the host can take it, or an error that says what is wrong with it."""
    if not isinstance(text, str):
        raise TypeError(f"{what} returned {type(text).__name__}, expected str")
    _check_unicode(text, f"{what} returned")
    return text


def _article(item: Any) -> str:
    return "None in it" if item is None else f"{type(item).__name__} in it"


def _reading(item: Any, number: int, complaint: str) -> dict[str, Any]:
    """One reading: a record of some kind, as an object."""
    fields = _fields(item)
    if fields is None:
        raise TypeError(f"{complaint}, {EXPECTED}")
    return _object(fields, f"reading {number}", "", 1)


def _fields(item: Any) -> dict[Any, Any] | None:
    """The fields of any kind of record; None if it is none."""
    if isinstance(item, dict):
        return item
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return dict(zip(item._fields, item))
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    if isinstance(item, types.SimpleNamespace):
        return vars(item)
    return None


def _object(fields: dict[Any, Any], reading: str, path: str, depth: int) -> dict[str, Any]:
    result = {}
    for name, value in fields.items():
        if not isinstance(name, str):
            raise TypeError(f"{reading}: a field's name must be str, not {type(name).__name__}")
        _check_unicode(name, f"{reading}, a field's name:")
        result[name] = _value(value, reading, f"{path}.{name}" if path else name, depth + 1)
    return result


def _value(value: Any, reading: str, path: str, depth: int) -> Any:
    """One value of any kind. `path` is for messages: "field", "field.inner" or "field[0]"."""
    where = f"{reading}, field {path!r}:"
    if depth > MAX_DEPTH:
        raise TypeError(f"{where} more than {MAX_DEPTH} levels deep")
    if isinstance(value, Some):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        value = _case(value)
    if isinstance(value, str):
        _check_unicode(value, where)
        return str(value)
    if isinstance(value, int):
        return _integer(value, where)
    if isinstance(value, float):
        return _number(value)
    fields = _fields(value)
    if fields is not None:
        return _object(fields, reading, path, depth)
    if isinstance(value, (list, tuple)):
        return [_value(item, reading, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise TypeError(f"{where} {type(value).__name__} cannot be a reading's value")


def _case(value: enum.Enum) -> Any:
    """An enum by its text or number if that is its type, else by its name, which is how WIT's enums
    are reported.
    """
    if isinstance(value.value, str):
        return value.value
    if isinstance(value, int):
        return int(value)
    return value.name.lower().replace("_", "-")


def _integer(value: int, where: str) -> int:
    if not LOWEST <= value <= HIGHEST:
        raise TypeError(f"{where} an integer of more than 64 bits cannot be a reading's value")
    return int(value)


def _number(value: float) -> Any:
    if math.isfinite(value):
        return float(value)
    return {"not_finite": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}


def _check_unicode(text: str, where: str) -> None:
    """A lone surrogate has no UTF-8 form, and the host's strings end at a zero."""
    if "\0" in text:
        raise TypeError(f"{where} text with a zero character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{where} text that is not valid Unicode") from None
