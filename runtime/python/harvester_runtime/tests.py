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


def run(plugin_sources: sources.Sources, truth: str) -> str:
    """Run them all and give the results as JSON: a list of {"test", "passed", "seconds", "error"}."""
    testing._truth = truth or "{}"
    return json.dumps([result for file in files(plugin_sources.files)
                       for result in _run_file(plugin_sources, file)])


def _run_file(plugin_sources: sources.Sources, file: str) -> Iterator[dict[str, Any]]:
    module = None

    def load() -> None:
        nonlocal module
        module = _load(plugin_sources, file)
    loaded = _attempt(file, load)
    if not loaded["passed"]:
        yield loaded
        return
    for name, function in list(vars(module).items()):
        if name.startswith("test_") and isinstance(function, types.FunctionType):
            yield _attempt(f"{file}::{name}", function)


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
