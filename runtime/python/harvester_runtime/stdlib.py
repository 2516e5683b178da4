"""The part of the standard library that plugins can import.

Every module here is in the runtime's memory image, and each child forked from it may come to own
pages of it, so the list holds what sensor drivers and small parsers use. Modules that others import
only when first used are here as well.
"""
import importlib

MODULES = (
    "__future__", "abc", "argparse", "array", "asyncio", "base64", "binascii", "bisect", "calendar",
    "cmath", "codecs", "collections", "collections.abc", "colorsys", "concurrent.futures",
    "configparser", "contextlib", "contextvars", "copy", "copyreg", "csv", "dataclasses",
    "datetime", "decimal", "enum", "errno", "fractions", "functools", "gc", "hashlib", "heapq",
    "hmac", "html", "importlib", "importlib.util", "inspect", "io", "itertools", "json", "keyword",
    "linecache", "logging", "math", "numbers", "operator", "os", "os.path", "pathlib", "platform",
    "pprint", "queue", "random", "re", "secrets", "statistics", "string", "struct", "sys",
    "textwrap", "threading", "time", "tomllib", "traceback", "types", "typing", "urllib.parse",
    "uuid", "warnings", "weakref",
    # Found by the modules above when they are first used.
    "_strptime", "concurrent.futures.thread", "encodings.ascii", "encodings.cp1252",
    "encodings.hex_codec", "encodings.latin_1", "encodings.utf_16", "encodings.utf_16_be",
    "encodings.utf_16_le", "encodings.utf_8_sig",
)


def preload() -> None:
    """Import them all; one that this build of Python lacks ends the build."""
    for name in MODULES:
        importlib.import_module(name)
