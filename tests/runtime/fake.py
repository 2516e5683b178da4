"""A stand-in for what componentize-py generates, made from what tools/runtime-wit prints, with a
host that tests program.
"""
import dataclasses
import enum
import sys
import types
from typing import Any, Callable

import wit


class Host:
    """Answers the plugins' calls. `answers` maps "i2c.transfer" to a function; without one, None is
    returned.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Callable[..., Any]] = {}
        self.calls: list[tuple[Any, ...]] = []

    def reset(self) -> None:
        """Forget the answers and the calls."""
        self.answers.clear()
        self.calls.clear()

    def call(self, name: str, *args: Any) -> Any:
        """One call of a plugin, with bytes as the guest program passes them on."""
        args = tuple(arg.latin1.encode("latin-1") if hasattr(arg, "latin1") else arg
                     for arg in args)
        self.calls.append((name, *args))
        answer = self.answers.get(name)
        return answer(*args) if answer else None

    def made(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of one function."""
        return [call[1:] for call in self.calls if call[0] == name]


host = Host()


@dataclasses.dataclass
class Some:
    """As in componentize_py_types."""

    value: Any


@dataclasses.dataclass
class Ok:
    """As in componentize_py_types."""

    value: Any


@dataclasses.dataclass(frozen=True)
class Err(Exception):
    """As in componentize_py_types."""

    value: Any


def _function(name: str, label: str, parameters: list[str]) -> Callable[..., Any]:
    """A function with real parameter names, as the generated ones have."""
    names = ", ".join(parameters)
    space: dict[str, Any] = {"host": host}
    arguments = ", ".join([repr(label), *parameters])
    exec(f"def {name}({names}):\n    return host.call({arguments})\n", space)
    return space[name]


def _module(name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__path__ = []  # type: ignore[attr-defined]
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    return module


def install() -> None:
    """Put wit_world and componentize_py_types in place."""
    for cls in (Some, Ok, Err):
        cls.__module__ = "componentize_py_types"
    _module("componentize_py_types").__dict__.update(Some=Some, Ok=Ok, Err=Err)
    for name in ("wit_world", "wit_world.imports", "wit_world.exports"):
        _module(name)
    sys.modules["wit_world.exports"].__dict__["Script"] = type("Script", (), {})
    for name, interface in wit.read_runtime().items():
        if name == "script" or name.endswith("-logic"):
            continue
        module = _module(f"wit_world.imports.{wit.snake(name)}")
        for function, parameters in interface.functions.items():
            label = f"{wit.snake(name)}.{wit.snake(function)}"
            names = [wit.snake(parameter) for parameter, _ in parameters]
            setattr(module, wit.snake(function), _function(wit.snake(function), label, names))
        for record, fields in interface.records.items():
            cls = dataclasses.make_dataclass(wit.camel(record), map(wit.snake, fields))
            setattr(module, wit.camel(record), cls)
        for cases_name, cases in interface.enums.items():
            members = {wit.snake(case).upper(): i for i, case in enumerate(cases)}
            setattr(module, wit.camel(cases_name), enum.Enum(wit.camel(cases_name), members))
