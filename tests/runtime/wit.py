"""Reads the WIT files, as far as the tests need them: functions, enums and records by interface."""
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Interface:
    """What one interface declares; names as in WIT."""

    functions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)
    records: dict[str, list[str]] = field(default_factory=dict)


def read(package: str) -> dict[str, Interface]:
    """The interfaces of wit/PACKAGE/plugin.wit."""
    return _interfaces((ROOT / "wit" / package / "plugin.wit").read_text())


def read_runtime() -> dict[str, Interface]:
    """The interfaces that the runtime is built with."""
    return _interfaces(subprocess.run([ROOT / "tools" / "runtime-wit"], capture_output=True,
                                      text=True, check=True).stdout)


def _interfaces(text: str) -> dict[str, Interface]:
    text = re.sub(r"//[^\n]*", "", text)
    found = {}
    for match in re.finditer(r"\ninterface ([\w-]+) \{\n(.*?)\n\}", text, re.DOTALL):
        found[match[1]] = _interface(match[2])
    assert found
    return found


def _interface(body: str) -> Interface:
    interface = Interface()
    for name, arguments, result in re.findall(r"([\w-]+): func\((.*?)\)(?:\s*-> ([^;]+))?;", body):
        interface.functions[name] = re.findall(r"([\w-]+): ([\w-]+(?:<.*>)?)(?:, |$)", arguments)
        interface.results[name] = result
    for name, cases in re.findall(r"enum ([\w-]+) \{(.*?)\}", body, re.DOTALL):
        interface.enums[name] = re.findall(r"[\w-]+", cases)
    for name, fields in re.findall(r"record ([\w-]+) \{(.*?)\n\s*\}", body, re.DOTALL):
        interface.records[name] = re.findall(r"([\w-]+):", fields)
    return interface


def snake(name: str) -> str:
    """A WIT name as a Python function, module or field."""
    return name.replace("-", "_")


def camel(name: str) -> str:
    """A WIT name as a Python class."""
    return "".join(part.capitalize() for part in name.split("-"))
