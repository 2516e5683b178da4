"""The text of an error, for the plugin's author: the own lines first, nothing of the runtime.

The last line says in short what and where: it becomes the error of the plugin's readings.
"""
import sys
import traceback

MAX_TEXT = 16_000
MAX_HEADLINE = 400  # of the last line, without the place
SHORTENED = ("componentize_py_types.", "plugin.")
HIDDEN = ("harvester_runtime/", "stand_ins/", "wit_world/", "componentize_py")


def describe(error: BaseException) -> str:
    """A traceback with the runtime's frames cut off; never an exception of its own."""
    try:
        _explain_import(error)
        summary = traceback.TracebackException.from_exception(error)
        _cut(summary, set())
        text = _with_last_line("".join(summary.format()).rstrip("\n"), error, summary)
    except BaseException as second:  # memory may be exhausted, or the error's own __str__ raise
        text = f"{type(error).__name__} (its text cannot be shown: {type(second).__name__})"
    return _bounded(text.encode("utf-8", "backslashreplace").decode())


def _with_last_line(text: str, error: BaseException,
                    summary: traceback.TracebackException) -> str:
    """The text with a last line that says in short what and where. A message of one short line
    gets the place at its end; of all others the first line is said once more.
    """
    full = _headline(error, summary)
    short = full
    for prefix in SHORTENED:
        short = short.removeprefix(prefix)
    if len(short) > MAX_HEADLINE:
        short = f"{short[:MAX_HEADLINE]}..."
    elif text == full or text.endswith(f"\n{full}"):
        text = text.removesuffix(full).rstrip("\n")
    return f"{text}\n{short}{_place(error, summary)}".lstrip("\n")


def _headline(error: BaseException, summary: traceback.TracebackException) -> str:
    """The first line of what Python says of the error; of a syntax error it shows source first."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}".partition("\n")[0]
    return next(summary.format_exception_only()).partition("\n")[0]


def _place(error: BaseException, summary: traceback.TracebackException) -> str:
    """" (FILE, line N)": the last of the author's lines, or where their syntax is wrong."""
    places = [(frame.filename, frame.lineno) for frame in summary.stack or ()]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    for file, line in reversed(places):
        if file and line and not file.startswith(("/", "<")):
            return f" ({file}, line {line})"
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
