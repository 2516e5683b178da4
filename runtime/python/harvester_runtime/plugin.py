"""One loaded plugin: which object in the source it is, and how it is called."""
import importlib.util
import re
import sys
import types
from typing import Any, Callable

from harvester_runtime import devices, sources, tests, values

FUNCTIONS = ("poll", "render", "update")
DESCRIBE = "describe"
MODULE = "plugin"
ABOUT_BYTES = 512


class Plugin:
    """A plugin's modules and the object that has its functions."""

    def __init__(self, name: str, files: dict[str, str]) -> None:
        """Run the source; whatever it raises goes to the caller and leaves nothing behind."""
        self.sources = sources.Sources(files)
        self.sources.install()
        try:
            file = entry_file(name, files)
            devices.permission_file = (
                "permission.toml" if file == f"{MODULE}.py" else f"{name}.permission.toml")
            module = self._run(file)
            self.target = find_target(module)
            self.describe = find_describe(module, self.target)
            self.about = first_paragraph(module.__doc__)
        except BaseException:
            self.sources.uninstall()
            raise
        self.functions = [function for function in FUNCTIONS if _has(self.target, function)]
        self.functions += [DESCRIBE] if self.describe or self.about else []
        self.functions += [tests.FUNCTION] if tests.files(files) else []
        self.tests = tests.Run(self.sources)

    def _run(self, file: str) -> types.ModuleType:
        """Execute the plugin's file as the module `plugin`, whatever the file is called."""
        spec = self.sources.spec(MODULE, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[MODULE] = module
        self.sources.exec_module(module)
        return module

    def unload(self) -> None:
        """Make room for another plugin."""
        self.sources.uninstall()

    def call(self, function: str, argument: str) -> str:
        """Call a function and give its result the host's form."""
        if function not in self.functions:
            known = ", ".join(self.functions)
            raise LookupError(f"the plugin has no function {function!r}; it has {known}")
        if function == tests.FUNCTION:
            return self.tests.step(argument)
        if function == DESCRIBE:
            return values.described_to_json(self._described())
        method: Callable[..., Any] = getattr(self.target, function)
        if function == "poll":
            return values.poll_result_to_json(method())
        result = method(argument)
        return values.check_text(result, "render") if function == "render" else ""


    def _described(self) -> Any:
        """What describe() returns, with the module's docstring as one more declaration."""
        declared = self.describe() if self.describe else []
        if not self.about or not isinstance(declared, (list, tuple, types.NoneType)):
            return declared
        return [*(declared or []), {"about": self.about}]


def first_paragraph(docstring: Any) -> str:
    """The first paragraph of a docstring as one line of plain text, as long as the host takes it."""
    if not isinstance(docstring, str):
        return ""
    paragraph = re.split(r"\n\s*\n", docstring.strip())[0]
    text = "".join(character for character in " ".join(paragraph.split()) if character.isprintable()).strip()
    data = text.encode()
    if len(data) <= ABOUT_BYTES:
        return text
    return data[:ABOUT_BYTES - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def entry_file(name: str, files: dict[str, str]) -> str:
    """The file that is the plugin: plugin.py of a folder, NAME.py of a single file."""
    for file in (f"{MODULE}.py", f"{name}.py"):
        if file in files:
            return file
    raise LookupError(f"the plugin has no file {MODULE}.py or {name}.py")


def find_target(module: types.ModuleType) -> Any:
    """The object whose functions the host calls: an instance of the plugin's class, or the module
    itself.
    """
    classes = _candidates(module)
    if len(classes) > 1:
        names = ", ".join(cls.__name__ for cls in classes)
        raise TypeError(f"{module.__file__} has several classes with poll, render or update: "
                        f"{names}; keep one, or start the other names with _")
    if classes:
        return classes[0]()
    if any(_has(module, function) for function in FUNCTIONS):
        return module
    raise TypeError(f"{module.__file__} has no poll, render or update: "
                    "define one of them as a function, or as a method of one class")


def find_describe(module: types.ModuleType, target: Any) -> Callable[[], Any] | None:
    """What the plugin declares its fields with: a method beside poll(), a function of the module, or
    the class that a component exports it with; None if it declares nothing.
    """
    if _has(target, DESCRIBE):
        return target.describe
    if _has(module, DESCRIBE):
        return module.describe
    classes = [cls for cls in vars(module).values()
               if isinstance(cls, type) and cls.__module__ == module.__name__
               and _is_declared(cls) and _has(cls, DESCRIBE)]
    return classes[0]().describe if classes else None


def _candidates(module: types.ModuleType) -> list[type]:
    """The classes that could be the plugin; more than one is for the author to sort out.

    Bases of another candidate do not count, nor do the plugin's private helpers. A class that
    derives from wit_world's says itself that it is the one: that is how a source that also builds
    as a component is written.
    """
    found = [cls for cls in vars(module).values() if _is_candidate(cls, module)]
    found = [cls for i, cls in enumerate(found) if cls not in found[:i]]
    found = [cls for cls in found
             if not any(other is not cls and issubclass(other, cls) for other in found)]
    return [cls for cls in found if _is_declared(cls)] or found


def _is_declared(cls: type) -> bool:
    return any(base.__module__.partition(".")[0] == "wit_world" for base in cls.__mro__)


def _is_candidate(value: Any, module: types.ModuleType) -> bool:
    return (isinstance(value, type) and value.__module__ == module.__name__
            and not value.__name__.startswith("_")
            and not getattr(value, "__abstractmethods__", None)
            and any(_has(value, function) for function in FUNCTIONS))


def _has(target: Any, function: str) -> bool:
    return callable(getattr(target, function, None))
