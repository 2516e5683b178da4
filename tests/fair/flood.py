"""What a flood is: a plugin that takes as much of one resource as it can, as an honest mistake or on purpose.

floods/NAME.py is dropped in as it is, N times, as flood-NAME-0 and so on. Its docstring says what it does; lines of
the form `key: value` at its end say the rest:

    named    a pattern (as in `re`) of the words in which the node has to name it as the reason
    grant    a line of its permission file; there may be several
    seconds  how long the short form watches it; at least two polls of the honest plugins
    beside   an honest plugin of honest/ that uses the same resource, besides those that always run
    bug      neighbours do notice today, and why: such a cell has to fail
    late     what joins the running floods: `python` (the usual), a `component`, or an `edit` of a plugin's folder

A file with a function `place(folder, name, chance)` is no plugin: it writes one, by the random numbers of `chance`.
"""
import ast
import importlib.util
import random
from dataclasses import dataclass
from pathlib import Path

from placing import put_single, read_docstring

HERE = Path(__file__).resolve().parent
KEYS = ("named", "grant", "seconds", "beside", "bug", "late")
RESOURCES = ("names", "table", "state", "page", "metrics", "sse", "i2c", "one-wire", "gpio-capture", "uart", "spi", "cpu",
             "memory", "log", "history", "state-store", "compile", "watch", "uplink",
             "alerts")


@dataclass(frozen=True)
class Flood:
    """One kind of flood."""

    resource: str
    does: str
    named: str
    grant: str
    seconds: float
    beside: str
    bug: str
    late: str
    file: Path

    def __str__(self) -> str:
        return self.resource

    def names(self, count: int) -> list[str]:
        """The plugins' names if there are so many."""
        return [f"flood-{self.resource}-{i}" for i in range(count)]

    def place(self, folder: Path, name: str, chance: random.Random) -> None:
        """Put one into the plugins folder."""
        source = self.file.read_text()
        if "\ndef place(" not in source:
            put_single(folder, f"{name}.py", source, self.grant)
            return
        spec = importlib.util.spec_from_file_location(f"flood_{self.file.stem}", self.file)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.place(folder, name, chance)


def read(resource: str) -> Flood:
    """The flood of a resource."""
    file = HERE / "floods" / f"{resource.replace('-', '_')}.py"
    docstring = ast.get_docstring(ast.parse(file.read_text()))
    assert docstring, f"{file} has no docstring"
    does, values = read_docstring(docstring, KEYS)
    one = {key: found[0] for key, found in values.items()}
    assert one.get("named"), f"{file} does not say how the node names it"
    return Flood(resource, does, one["named"], "".join(f"{line}\n" for line in values.get("grant", [])),
                 float(one.get("seconds", 3)), one.get("beside", ""), one.get("bug", ""), one.get("late", "python"), file)


@dataclass(frozen=True)
class Honest:
    """An honest plugin of honest/. Its docstring has the lines of its permission file, how often it polls, and for how many
    seconds each poll uses what floods take.
    """

    name: str
    source: str
    grant: str
    interval: float
    uses: float

    def interval_beside(self, count: int) -> float:
        """How often it polls, in seconds, so that it takes less than its equal share beside so many floods."""
        return max(self.interval, self.uses * (count + 2))


def read_honest(name: str) -> Honest:
    """The honest plugin of a name."""
    source = (HERE / "honest" / f"{name}.py").read_text()
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring
    values = read_docstring(docstring, ("grant", "interval", "uses"))[1]
    return Honest(name, source, "".join(f"{line}\n" for line in values.get("grant", [])), float(values["interval"][0]),
                  float(values.get("uses", ["0"])[0]))
