"""The gates of tools/ fail where they should: each is shown a fault that was planted for it."""
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(folder: Path, files: dict[str, str]) -> tuple[int, str]:
    """What tools/check-docs says about a repository of these files."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run([ROOT / "tools" / "check-docs", folder], capture_output=True, text=True)
    return done.returncode, done.stdout


GOOD = {"README.md": "# One\n\n[two](docs/two.md#a-heading-of-it) [here](#one)\n",
        "docs/two.md": "# Two\n\n## A heading, of it\n\n`[code](no.md)`\n",
        "src/base/meson.build": "files(\n  'a.c',\n  'b.c',\n)\n"}


def test_good_documents(tmp_path: Path) -> None:
    """Nothing is wrong, and something was checked."""
    code, text = check(tmp_path, GOOD)
    assert (code, text) == (0, "docs: 2 links checked, 0 wrong\ndocs: 2 build entries checked, 0 wrong\n")


@pytest.mark.parametrize("name, text, message", [
    ("README.md", "[two](docs/three.md)\n", "README.md: links to docs/three.md, which is not there"),
    ("docs/two.md", "# Two\n\n[x](../README.md#two)\n",
     "docs/two.md: links to ../README.md#two, which has no such heading"),
    ("src/base/meson.build", "files('a.c', 'b.c', 'a.c')\n", "src/base/meson.build: lists a.c twice"),
])
def test_a_planted_fault(tmp_path: Path, name: str, text: str, message: str) -> None:
    """It is named, and the gate fails."""
    code, output = check(tmp_path, {**GOOD, name: text})
    assert code == 1
    assert message in output.splitlines()


def test_nothing_to_check_is_a_failure(tmp_path: Path) -> None:
    """A gate that selects no file would pass for ever."""
    assert check(tmp_path, {"README.md": "# One\n"})[0] == 1
