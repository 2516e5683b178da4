"""The part of the standard library that plugins can import.

Every module here is in the runtime's memory image, and each child forked from it may come to own
pages of it, so the list holds what sensor drivers and small parsers use. Modules that others import
only when first used are here as well.
"""
import importlib

MODULES = (
    "__future__", "abc", "argparse", "array", "ast", "asyncio", "atexit", "base64", "binascii",
    "bisect", "builtins", "calendar", "cmath", "codecs", "collections", "collections.abc",
    "colorsys", "concurrent.futures", "configparser", "contextlib", "contextvars", "copy",
    "copyreg", "csv", "dataclasses", "datetime", "decimal", "enum", "errno", "fnmatch",
    "fractions", "functools", "gc", "getopt", "glob", "gzip", "hashlib", "heapq", "hmac",
    "html", "importlib", "importlib.metadata", "importlib.resources", "importlib.util",
    "inspect", "io", "ipaddress", "itertools", "json", "keyword", "linecache", "locale",
    "logging", "math", "numbers", "operator", "os", "os.path", "pathlib", "pickle", "platform",
    "pprint", "queue", "random", "re", "reprlib", "sched", "secrets", "select", "selectors",
    "shutil", "signal", "socket", "stat", "statistics", "string", "struct", "subprocess", "sys",
    "textwrap", "threading", "time", "tomllib", "traceback", "types", "typing", "unicodedata",
    "urllib.parse", "uuid", "warnings", "weakref", "zlib",
    # Found by the modules above when they are first used.
    "_strptime", "concurrent.futures.thread", "encodings.ascii", "encodings.cp1252",
    "encodings.hex_codec", "encodings.latin_1", "encodings.utf_16", "encodings.utf_16_be",
    "encodings.utf_16_le", "encodings.utf_8_sig",
)


def preload() -> None:
    """Import them all; one that this build of Python lacks ends the build."""
    for name in MODULES:
        importlib.import_module(name)
