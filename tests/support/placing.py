"""Plugins that tests put into a folder: their docstrings, their files, and how they are taken away again."""
import os
import re
import shutil
from pathlib import Path
from typing import Collection


def read_docstring(text: str, keys: Collection[str]) -> tuple[str, dict[str, list[str]]]:
    """Split a docstring into its prose and its lines of the form `key: value`; the values by key."""
    values: dict[str, list[str]] = {}
    words = []
    for line in text.strip().splitlines():
        match = re.fullmatch(r"(\w+): +(.*)", line.strip())
        if match and match[1] in keys:
            values.setdefault(match[1], []).append(match[2])
        else:
            words.append(line.strip())
    return " ".join(words).strip(), values


def put(path: Path, content: str | bytes) -> None:
    """Write a file that is whole when it appears."""
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f"_{path.name}"[:240] + ".tmp")
    temporary.write_bytes(data)
    os.rename(temporary, path)


def put_single(folder: Path, file: str, content: str | bytes, grant: str) -> None:
    """Write a plugin of one file, with its permission file if it asks for something."""
    if grant:
        put(folder / f"{Path(file).stem}.permission.toml", grant)
    put(folder / file, content)


def take_away(folder: Path, keep: Collection[str]) -> None:
    """Remove everything from the folder but what is named in `keep`."""
    for path in folder.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
