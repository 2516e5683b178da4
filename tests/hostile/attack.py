"""What an attack is: its files, and what has to become of it.

Each attack says in its docstring what it tries; lines of the form `key: value` at the end say what
must happen (patterns as in `re`):

    ends   how, one of:
           refused   it is not run, and a line of the log says why
           killed    its process is gone, and a line of the log says why
           failed    its poll is an error, which a line of the log says; its process goes on
           off       it was killed so often that it stays off
           harmless  it polls, and touches nothing
    says   a pattern of that line, or of the harmless one's reading as JSON
    world  a pattern of the simulated devices' state while it runs
    wall   what stops it
    grant  a line of its permission file; there may be several
    bug    it succeeds today, and how: such a test has to fail
"""
import ast
import importlib
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator

import pytest
from placing import put_single, read_docstring

HERE = Path(__file__).resolve().parent
ENDS = ("refused", "killed", "failed", "off", "harmless")
KEYS = ("ends", "says", "world", "wall", "grant", "bug")


@dataclass(frozen=True)
class Attack:
    """One of them. `place` puts its files into the plugins folder."""

    name: str
    kind: str
    tries: str
    ends: str
    says: str
    wall: str
    place: Callable[[Path], None]
    world: str = ""
    bug: str = ""

    @property
    def ends_by_time(self) -> bool:
        """The broker's deadline ends it, or may."""
        return "took longer" in self.says

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def make(name: str, kind: str, docstring: str | None,
         place: Callable[[Path, str], None]) -> Attack:
    """An attack from its docstring; `place` takes the text of its permission file as well."""
    assert docstring, f"{kind} {name} has no docstring"
    tries, keys = read_docstring(docstring, KEYS)
    grant = "".join(f"{line}\n" for line in keys.pop("grant", []))
    one = {key: values[0] for key, values in keys.items()}
    assert one["ends"] in ENDS and one["says"] and one["wall"], name
    return Attack(name, kind, tries, place=lambda folder: place(folder, grant), **one)


def parameters(attacks: Iterable[Attack]) -> list[Any]:
    """For pytest. One that succeeds today has to fail, so that its repair is noticed."""
    return [pytest.param(one, id=str(one), marks=[
        pytest.mark.xfail(strict=True, reason=one.bug)] if one.bug else []) for one in attacks]


def plugins() -> Iterator[Attack]:
    """plugins/NAME.py: dropped in as they are."""
    for file in sorted((HERE / "plugins").glob("*.py")):
        source = file.read_text()

        def place(folder: Path, grant: str, file: Path = file, source: str = source) -> None:
            put_single(folder, file.name, source, grant)
        yield make(file.stem, "plugin", ast.get_docstring(ast.parse(source)), place)


def guests() -> Iterator[Attack]:
    """guests/NAME.py: what the guest program does for a component of that content."""
    for file in sorted((HERE / "guests").glob("*.py")):
        def place(folder: Path, grant: str, file: Path = file) -> None:
            put_single(folder, f"{file.stem}.wasm", file.stem, grant)
        yield make(file.stem, "guest", ast.get_docstring(ast.parse(file.read_text())), place)


def functions(module: str) -> Iterator[Attack]:
    """Functions of a module that put files into a folder."""
    for name, function in vars(importlib.import_module(module)).items():
        if not isinstance(function, types.FunctionType) or function.__module__ != module:
            continue
        if name.startswith("_"):
            continue

        def place(folder: Path, grant: str, function: Any = function) -> None:
            function(folder, grant)
        yield make(name.replace("_", "-"), module.rstrip("s"), function.__doc__, place)
