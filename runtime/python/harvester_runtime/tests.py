"""A plugin's tests: functions test_* in its files test_*.py, with plain asserts."""
import importlib.util
import json
import sys
import time
import types
from typing import Any, Callable, Iterator

from harvester import testing
from harvester_runtime import errors, sources

FUNCTION = "test"


def files(all_files: dict[str, str]) -> list[str]:
    """The files with tests: beside the plugin, or in tests/."""
    return sorted(path for path in all_files
                  if path.removeprefix("tests/").startswith("test_") and path.endswith(".py")
                  and "/" not in path.removeprefix("tests/"))


class Run:
    """All tests of a plugin, one at a time: who asks knows at each moment which one runs, and has the
    results of those before it, whatever becomes of this process.
    """

    def __init__(self, plugin_sources: sources.Sources) -> None:
        self._sources = plugin_sources
        self._results: list[dict[str, Any]] = []
        self._names = self._walk()

    def step(self, truth: str) -> str:
        """Run what was announced last, and announce the next: {"results": [{"test", "passed",
        "seconds", "error"}], "next": a name, or null at the end} as JSON.
        """
        testing._truth = truth or "{}"
        following = next(self._names, None)
        results, self._results = self._results, []
        return json.dumps({"results": results, "next": following})

    def _walk(self) -> Iterator[str]:
        """A file is a step too: it is loaded, and may fail or hang."""
        for file in files(self._sources.files):
            yield file
            module = self._load(file)
            for name, function in list(vars(module).items()) if module else []:
                if name.startswith("test_") and isinstance(function, types.FunctionType):
                    yield f"{file}::{name}"
                    self._results.append(_attempt(f"{file}::{name}", function))

    def _load(self, file: str) -> types.ModuleType | None:
        """The module; None, with a result that says why, where it cannot be loaded."""
        module = None

        def load() -> None:
            nonlocal module
            module = _load(self._sources, file)
        loaded = _attempt(file, load)
        if loaded["passed"]:
            return module
        self._results.append(loaded)
        return None


def _load(plugin_sources: sources.Sources, file: str) -> types.ModuleType:
    name = file.removesuffix(".py").rpartition("/")[2]
    module = importlib.util.module_from_spec(plugin_sources.spec(name, file))
    sys.modules[name] = module
    plugin_sources.exec_module(module)
    return module


def _attempt(name: str, function: Callable[[], Any]) -> dict[str, Any]:
    start = time.monotonic()
    error = ""
    try:
        function()
    except BaseException as problem:  # noqa: B902  SystemExit is a failure like another
        error = errors.describe(problem)
    return {"test": name, "passed": not error, "seconds": round(time.monotonic() - start, 3),
            "error": error}
