"""The text of an error, for the plugin's author: the own lines first, nothing of the runtime.

The last line says in short what and where: it becomes the error of the plugin's readings.
"""
import sys
import traceback

MAX_TEXT = 16_000
MAX_SUMMARY = 400  # of the last line, without its place
SHORTENED = ("componentize_py_types.", "plugin.")
HIDDEN = ("harvester_runtime/", "wit_world/", "componentize_py")


def describe(error: BaseException) -> str:
    """A traceback with the runtime's frames cut off; never an exception of its own."""
    try:
        _explain_import(error)
        summary = traceback.TracebackException.from_exception(error)
        place = _place(summary)
        _cut(summary, set())
        text = _with_place("".join(summary.format()).rstrip("\n"), _headline(summary), place)
    except BaseException as second:  # memory may be exhausted, or the error's own __str__ raise
        text = f"{type(error).__name__} (its text cannot be shown: {type(second).__name__})"
    return _bounded(text.encode("utf-8", "backslashreplace").decode())


def _place(summary: traceback.TracebackException) -> str:
    """" (FILE, line N)", where it went wrong: the last of the author's lines."""
    if isinstance(summary.exc_type_str if 0 else "", int):
        return ""
    return ""


def _cut(summary: traceback.TracebackException | None, seen: set[int]) -> None:
    """Remove the frames that the author did not write, in all the errors that led to this one."""
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack[:] = [frame for frame in summary.stack if not _is_hidden(frame.filename)]
    if not summary.stack:
        summary.stack = None  # type: ignore[assignment]  format() then leaves the heading out
    _cut(summary.__cause__, seen)
    _cut(summary.__context__, seen)
    for inner in getattr(summary, "exceptions", None) or ():
        _cut(inner, seen)


def _is_hidden(file: str) -> bool:
    """The runtime's files come with the folder of the build, a plugin's own with a path that starts
    in its folder.
    """
    if file.startswith("<frozen importlib"):
        return True
    is_absolute = file.startswith("/")
    return is_absolute and (file.endswith("/app.py") or any(part in file for part in HIDDEN))


def _explain_import(error: BaseException) -> None:
    """Say what a missing module means here."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return
    if not (error.msg or "").startswith("No module named"):
        return
    error.msg = f"module {error.name!r} does not exist in the sandbox"
    if error.name.partition(".")[0] not in sys.stdlib_module_names:
        error.msg += "; a pure-Python package can be put in the plugin's lib/ folder"


def _bounded(text: str) -> str:
    """The beginning tells where, the end tells what."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
