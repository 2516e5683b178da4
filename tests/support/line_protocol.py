"""InfluxDB's line protocol, read strictly: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/"""
import re
from typing import NamedTuple

_NAME = r"(?:[^,= \\\n\r\0]|\\[,= ])+"  # of a tag, its value, or a field
_MEASUREMENT = r"(?:[^, \\\n\r\0]|\\[, ])+"
_VALUE = r'-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|true|false|"(?:[^"\\\0]|\\["\\])*"'
_LINE = re.compile(rf"({_MEASUREMENT})((?:,{_NAME}={_NAME})*) ((?:{_NAME}=(?:{_VALUE}),?)+(?<!,)) (\d+)")
_TAG = re.compile(rf",({_NAME})=({_NAME})")
_FIELD = re.compile(rf"({_NAME})=({_VALUE})(?:,|$)")


class Point(NamedTuple):
    """What one line says."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | bool | str]
    time: int


def _plain(name: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", name)


def _value(text: str) -> float | bool | str:
    if text[0] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text == "true" if text in ("true", "false") else float(text)


def parse(line: str) -> Point:
    """ValueError for a line that a database would refuse."""
    match = _LINE.fullmatch(line)
    if not match:
        raise ValueError(f"unable to parse {line!r}")
    tags = [(_plain(key), _plain(value)) for key, value in _TAG.findall(match[2])]
    fields = [(_plain(key), _value(value)) for key, value in _FIELD.findall(match[3])]
    if len({key for key, _ in tags + fields}) < len(tags + fields):
        raise ValueError(f"a name is there twice in {line!r}")
    return Point(_plain(match[1]), dict(tags), dict(fields), int(match[4]))
