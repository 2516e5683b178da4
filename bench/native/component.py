"""A component of plugins/bh1750 in a plain loop of PyPI's wasmtime: poll so many instances, and print their readings as JSON.

Arguments: the simulated bus, the component, its compiled form (made if it is not there), seconds between polls, instances.
"""
import ctypes
import json
import pathlib
import sys
import time

import wasmtime
from wasmtime import component

PACKAGE = "harvester:plugin/{}@0.1.0"
I2C_M_RD = 1


class Message(ctypes.Structure):
    """The kernel's struct i2c_msg."""

    _fields_ = [("address", ctypes.c_uint16), ("flags", ctypes.c_uint16), ("size", ctypes.c_uint16), ("data", ctypes.c_void_p)]


library = ctypes.CDLL(sys.argv[1])


def write_read(_: object, _bus: int, address: int, data: bytes, size: int) -> bytes | str:
    """The host call i2c.write-read; a text is the name of an error."""
    answer = ctypes.create_string_buffer(size)
    given = ctypes.create_string_buffer(data, len(data))
    messages = [Message(address, flags, len(buffer), ctypes.addressof(buffer))
                for flags, buffer in ((0, given), (I2C_M_RD, answer)) if len(buffer)]
    if library.sim_bus_transfer((Message * len(messages))(*messages), len(messages)):
        return "no-acknowledge"
    return answer.raw


def timestamp_ms(_: object) -> int:
    """The host call gpio-provider.get-timestamp-ms."""
    return time.time_ns() // 1_000_000


def refuse(*_: object) -> None:
    """A host call that the plugin does not make."""
    raise NotImplementedError


CALLS = {("i2c", "write-read"): write_read, ("gpio-provider", "get-timestamp-ms"): timestamp_ms}


def make_linker(engine: wasmtime.Engine, light: component.Component) -> component.Linker:
    """WASI, and the host calls that the component imports."""
    linker = component.Linker(engine)
    linker.add_wasip2()
    calls = {(PACKAGE.format(interface), name): function for (interface, name), function in CALLS.items()}
    with linker.root() as root:
        for interface, extern in light.type.imports(engine).items():
            if interface.startswith(PACKAGE.partition("/")[0]):
                with root.add_instance(interface) as instance:
                    for name in extern.ty.exports(engine):
                        instance.add_func(name, calls.get((interface, name), refuse))
    return linker


class Instance:
    """An instance of the component, in a store of its own."""

    def __init__(self, engine: wasmtime.Engine, linker: component.Linker, light: component.Component) -> None:
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasmtime.WasiConfig())
        instance = linker.instantiate(self.store, light)
        interface = instance.get_export_index(self.store, PACKAGE.format("light-logic"))
        index = instance.get_export_index(self.store, "poll", interface)
        assert index
        self.poll = instance.get_func(self.store, index)

    def show(self) -> None:
        """One poll, and its reading."""
        assert self.poll
        for reading in self.poll(self.store):
            print(json.dumps(vars(reading)), flush=True)


def main() -> None:
    """Poll until killed."""
    source, artifact, interval, count = sys.argv[2], pathlib.Path(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
    if library.sim_bus_open():
        raise OSError("the simulated bus does not open")
    engine = wasmtime.Engine()
    if not artifact.exists():
        artifact.write_bytes(component.Component.from_file(engine, source).serialize())
    light = component.Component.deserialize_file(engine, str(artifact))
    linker = make_linker(engine, light)
    instances = [Instance(engine, linker, light) for _ in range(count)]
    while True:
        for instance in instances:
            instance.show()
        time.sleep(interval)


main()
