#!/usr/bin/env python3
"""Where the figures of README.md and docs/ come from: times, sizes of memory, shares of a processor, rates. tools/docs uses it.

A figure of bench/results.json stands behind a comment that names it, and tools/docs writes it:

    <!-- figure: bundles/direct: push to new reading, p50 -->35.7 ms

Any other names its source: its paragraph, list or row of a table names a file of the repository (`tests/fair`), or has a comment
that names some. Such a comment in a paragraph of its own holds for the rest of its section:

    <!-- source: src/bundle/manifest.h, src/bundle/index.h -->

That does for limits. Where the words say that something was measured, the source stands in the same paragraph or table.
Run by itself, with the folder of a repository, it checks that.
"""
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import performance_page

ROOT = Path(__file__).resolve().parent.parent
MADE = {"API.md", "COMMANDS.md", "KEYS.md", "PERFORMANCE.md"}  # of their sources by tools/docs
NUMBER = r"\d[\d.,]*"
FIGURE = re.compile(rf"(?<![\w.,]){NUMBER}(?:(?: to | … |–){NUMBER})?(?: |&nbsp;)?"
                    r"(?:(?:ns|µs|us|ms|s|[kMG]i?B|% of a core)(?!\w)|(?:[a-z]+ )?(?:a|per) second)")
FILLED = re.compile(rf"(<!-- figure: ([^/]+)/(.+?) -->)(?:{NUMBER}\b|\?)")
SOURCE = re.compile(r"<!-- source: (.+?) -->")
COLUMN = re.compile(r"\| *(?:[^|]*\W)?(?:ns|µs|us|ms|[kMG]i?B|B per [\d,]+) *\|")  # a unit at the head of a column
MEASURED = re.compile(r"\b(?:measured|median|percentile|PSS|took (?:about )?\d|on (?:one machine|\w+ cores?))\b", re.IGNORECASE)
NAMED = re.compile(r"`([\w./-]+)`|\]\(([^)#\s]+)")
CODE = re.compile(r"^ *```.*?^ *```|^(?: {4}|\t).*?$", re.MULTILINE | re.DOTALL)


def pages(root: Path = ROOT) -> list[Path]:
    """Those that people write."""
    return [root / "README.md", *(path for path in sorted((root / "docs").glob("*.md")) if path.name not in MADE)]


def fill(text: str, root: Path = ROOT) -> str:
    """The page with the figures of bench/results.json as they are now. One that is not there, or twice, becomes a question mark."""
    parts = json.loads((root / "bench" / "results.json").read_text())

    def value(match: re.Match[str]) -> str:
        found = [figure["median"] for figure in parts.get(match[2], {"figures": []})["figures"]
                 if figure["name"].strip() == match[3]]
        return match[1] + (performance_page.number(found[0]) if len(found) == 1 else "?")
    return FILLED.sub(value, text)


def blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """The number of its first line, a block of lines between two empty ones, and the sources of its section."""
    line, source = 1, ""
    for block in re.split(r"\n(?=\n)", CODE.sub(lambda match: re.sub(r"[^\n]+", "-", match[0]), text)):
        inner = block.lstrip("\n")
        if inner.startswith("#"):
            source = ""
        if SOURCE.fullmatch(inner):
            source = inner
        yield line + len(block) - len(inner), inner, source
        line += block.count("\n") + 1


class Checker:
    """Counts figures, and says which of them have no source."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root,
                                capture_output=True, text=True, check=True).stdout.split()
        self.files = {path for path in listed if not path.endswith(".md")}
        self.names = {"/".join(path.split("/")[start:]) for path in self.files for start in range(path.count("/") + 1)
                      if "." in path}
        self.folders = {parent.as_posix() for path in self.files for parent in Path(path).parents}
        self.count = 0
        self.wrong: list[str] = []

    def is_file(self, name: str) -> bool:
        """A file of the repository, by its path or the end of it, or a folder."""
        return name in self.files or name in self.names or name.rstrip("/") in self.folders - {".", "src", "docs"}

    def has_source(self, text: str) -> bool:
        """Does it name a file?"""
        return any(self.is_file(code or link.removeprefix("../")) for code, link in NAMED.findall(text))

    def check_sources(self, place: str, text: str) -> bool:
        """Whether it has comments with sources; they have to be there."""
        found = [name.strip() for match in SOURCE.finditer(text) for name in match[1].split(",")]
        self.wrong += [f"{place}: the source {name} is no file of the repository" for name in found
                       if not self.is_file(name)]
        return bool(found)

    def check_line(self, place: str, line: str, has_source: bool) -> None:
        """What may be wrong with a line's figures."""
        if "-->?" in line:
            self.wrong.append(f"{place}: bench/results.json has no such figure, or several")
        rest = FILLED.sub("", line)
        found = [match[0] for match in FIGURE.finditer(re.sub(r"`[^`]*`", "", rest))]
        self.count += len(found) + len(FILLED.findall(line))
        if found and not has_source:
            self.wrong.append(f"{place}: {', '.join(found)}: name the source in this paragraph or row (tools/figures.py says how)")

    def check(self, page: Path) -> None:
        """One page."""
        for number, block, section in blocks(page.read_text()):
            place = f"{page.relative_to(self.root)}:{number}"
            is_table = "\n|" in f"\n{block}"
            has_own = self.check_sources(place, block) or (not is_table and self.has_source(block))
            for offset, line in enumerate(block.splitlines()):
                said = line if is_table else block
                has_source = has_own or (bool(section) and not MEASURED.search(said)) or self.has_source(said)
                self.check_line(f"{page.relative_to(self.root)}:{number + offset}", line, has_source)
            if is_table and not has_own and COLUMN.search(block.splitlines()[0]):
                self.wrong.append(f"{place}: name the source of the table's columns, in a comment before it")


def check(root: Path = ROOT) -> tuple[int, list[str]]:
    """How many figures there are, and what is wrong with them."""
    checker = Checker(root)
    for page in pages(root):
        checker.check(page)
    return checker.count, checker.wrong


def main() -> int:
    """0 if every figure has a source."""
    count, wrong = check(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT))
    print(*wrong, f"figures: {count} checked, {len(wrong)} without a source", sep="\n")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
