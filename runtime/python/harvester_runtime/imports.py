"""Checks on what a plugin passes to the host.

The generated functions of `wit_world.imports` abort the whole instance when an argument has the
wrong type or does not fit: the plugin's state would be lost, and its author told nothing. With
these checks it is an exception at the line.

Bytes go to the host as text, and nothing empty comes from there: see tools/runtime-wit.
"""
import enum
import functools
import importlib
import inspect
from typing import Any, Callable

from componentize_py_types import Err

Check = Callable[[Any], Any]

# Function: the types of its parameters as in wit/harvester/plugin.wit; an enum by its Python name.
SIGNATURES: dict[str, dict[str, str]] = {
    "gpio_provider": {"read_dht22": "u8", "get_timestamp_ms": "", "get_cpu_temp": "",
                      "read_bme680": "u8"},
    "led_controller": {"set_led": "u8 u8 u8 u8", "set_all": "u8 u8 u8",
                       "set_two": "u8 u8 u8 u8 u8 u8", "clear": "", "sync_leds": ""},
    "buzzer_controller": {"buzz": "u32", "beep": "u8 u32 u32"},
    "fan_controller": {"set_fan": "bool", "get_fan_state": ""},
    "system_info": {"get_memory_usage": "", "get_cpu_usage": "", "get_uptime": ""},
    "i2c": {"transfer": "u8 string u32", "write_read": "u8 u16 bytes u32",
            "check_bus": "u8"},
    "gpio": {"read": "u8", "write": "u8 bool", "set_mode": "u8 Mode",
             "capture_edges": "u8 u32 u32"},
    "spi": {"transfer": "bytes", "transfer_device": "string bytes"},
    "uart": {"read": "u32", "write": "bytes", "set_baud": "u32", "read_port": "string u32",
             "write_port": "string bytes", "set_port_baud": "string u32"},
    "one_wire": {"devices": "", "read_temperature": "string"},
    "settings": {"get_all": ""},
    "state": {"get": "string", "set": "string bytes", "delete": "string", "keys": ""},
    "log": {"write": "Level string"},
}

# Function: what it returns where the host passed None because it would have been empty.
EMPTY: dict[str, Callable[[], Any]] = {
    "i2c.transfer": str, "gpio.capture_edges": list, "one_wire.devices": list, "state.keys": list}


def _unsigned(bits: int) -> Check:
    highest = 2 ** bits - 1

    def check(value: Any) -> int:
        if not isinstance(value, int):
            raise TypeError(f"must be int, not {type(value).__name__}")
        if not 0 <= value <= highest:
            raise ValueError(f"must be from 0 to {highest}")
        return int(value)
    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be str, not {type(value).__name__}")
    value.encode()  # a lone surrogate raises here
    return value


def _octets(record: type) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview, list, tuple)):
            return record(str(bytes(value), "latin-1"))
        raise TypeError(f"must be bytes, not {type(value).__name__}")
    return check


def _flag(value: Any) -> bool:
    if not isinstance(value, (bool, int)):
        raise TypeError(f"must be bool, not {type(value).__name__}")
    return bool(value)


def _member(cases: type[enum.Enum]) -> Check:
    def check(value: Any) -> enum.Enum:
        if not isinstance(value, cases):
            raise TypeError(f"must be one of {cases.__name__}, not {type(value).__name__}")
        return value
    return check


CHECKS: dict[str, Check] = {
    "u8": _unsigned(8), "u16": _unsigned(16), "u32": _unsigned(32), "string": _text, "bool": _flag}


def checked(function: Callable[..., Any], label: str, checks: list[Check]) -> Callable[..., Any]:
    """The function with its arguments checked; `label` is how the plugin knows it."""
    if not checks:
        return function  # Python itself counts the arguments
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if named or len(args) != len(checks):
            args = signature.bind(*args, **named).args
        try:
            converted = [check(value) for check, value in zip(checks, args)]
        except (TypeError, ValueError):
            for name, check, value in zip(signature.parameters, checks, args):
                _complain(f"{label}: {name}", check, value)
            raise
        return function(*converted)
    return call


def released(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose errors are freed as soon as nobody handles them any more.

    The frame of a generated function holds the error that it raises, and the error holds the frame
    by its traceback: only the collector would free the two, thousands at a time, and the heap of a
    plugin whose calls are refused grew for as long as it ran.
    """
    @functools.wraps(function)
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except Err as error:
            raise error.with_traceback(None)
    return call


def _complain(name: str, check: Check, value: Any) -> None:
    """Raise the check's error with the argument's name."""
    try:
        check(value)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} {error}") from None


def never_none(function: Callable[..., Any], empty: Callable[[], Any]) -> Callable[..., Any]:
    """The function, with an empty value for None."""
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        return function(*args, **named) or empty()
    return call


def _check(module: Any, kind: str) -> Check:
    if kind == "bytes":
        return _octets(module.Octets)
    return CHECKS.get(kind) or _member(getattr(module, kind))


def install() -> None:
    """Put the checks around every function that a plugin can import."""
    for interface, functions in SIGNATURES.items():
        module = importlib.import_module(f"wit_world.imports.{interface}")
        for name, kinds in functions.items():
            label = f"{interface}.{name}"
            function = checked(released(getattr(module, name)), label,
                               [_check(module, kind) for kind in kinds.split()])
            if label in EMPTY:
                function = never_none(function, EMPTY[label])
            setattr(module, name, function)
