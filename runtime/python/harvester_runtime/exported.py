"""`wit_world.exports`, whatever the plugin's own world is called and exports.

In a component, componentize-py makes these modules from the plugin's WIT. Here no such WIT exists,
so any interface name gives a module, and any name in it a record class. The records of the known
contracts take their fields by position as well as by name, exactly as generated ones do; of others
only the caller knows the fields, so it must name them.
"""
import dataclasses
import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any

import componentize_py_types
import wit_world.exports

PREFIX = "wit_world.exports."

# Interface, record: fields in the order of wit/demo/plugin.wit and wit/harvester/plugin.wit.
KNOWN_RECORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "dht22_logic": {
        "Dht22Reading": ("sensor_id", "temperature", "humidity", "timestamp_ms"),
    },
    "pi_monitor_logic": {
        "PiStats": ("cpu_temp", "cpu_usage", "memory_used_mb", "memory_total_mb", "uptime_seconds",
                    "timestamp_ms", "fan_on"),
    },
    "bme680_logic": {
        "Bme680Reading": ("sensor_id", "temperature", "humidity", "pressure", "gas_resistance",
                          "iaq_score", "iaq_accuracy", "timestamp_ms"),
    },
    "light_logic": {
        "LightReading": ("sensor_id", "illuminance", "timestamp_ms"),
    },
}


class AnyCase(type):
    """Lets `Level.HIGH` work for an enum that nothing is known of: the case's name in WIT, as a
    component reports it.
    """

    def __getattr__(cls, name: str) -> str:
        if not name.isupper():
            raise AttributeError(f"{cls.__name__} has no attribute {name!r}")
        return name.lower().replace("_", "-")


class AnyRecord(types.SimpleNamespace, metaclass=AnyCase):
    """A record with whatever fields it is given."""

    def __init__(self, *positional: Any, **fields: Any) -> None:
        if positional:
            name = type(self).__name__
            raise TypeError(f"{name} is no record that the host knows: name its fields, "
                            f"as in {name}(field=value)")
        super().__init__(**fields)


class AnyInterface(types.ModuleType):
    """`wit_world.exports.<interface>`: every name that is not there yet becomes a record class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("_"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        record = type(name, (AnyRecord,), {"__module__": self.__name__})
        setattr(self, name, record)
        return record


class ExportsFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds such a module for any name below `wit_world.exports`."""

    def find_spec(self, fullname, path=None, target=None):  # noqa: ANN001, ANN201
        """See importlib."""
        if not fullname.startswith(PREFIX) or "." in fullname.removeprefix(PREFIX):
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Make the module; its known records are dataclasses like the generated ones."""
        module = AnyInterface(spec.name)
        for name, fields in KNOWN_RECORDS.get(spec.name.removeprefix(PREFIX), {}).items():
            record = dataclasses.make_dataclass(name, fields, namespace={"__module__": spec.name})
            setattr(module, name, record)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def _any_export(name: str) -> Any:
    """An attribute of `wit_world.exports`: `dht22_logic` is a module, `Dht22Logic` a class to
    derive from.
    """
    if name.startswith("_"):
        raise AttributeError(f"module 'wit_world.exports' has no attribute {name!r}")
    if name[0].islower():
        return importlib.import_module(PREFIX + name)
    base = type(name, (), {"__module__": "wit_world.exports"})
    setattr(wit_world.exports, name, base)
    return base


def install() -> None:
    """Put all of it in place. `wit_world.types` is where older bindings keep Ok, Err and Some.

    The known interfaces are made at once: a dataclass is costly to make, in time and in pages
    written.
    """
    setattr(wit_world.exports, "__getattr__", _any_export)
    sys.meta_path.append(ExportsFinder())
    for interface in KNOWN_RECORDS:
        importlib.import_module(PREFIX + interface)
    sys.modules["wit_world.types"] = componentize_py_types
    setattr(wit_world, "types", componentize_py_types)
