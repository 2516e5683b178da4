"""Has 630 folders in its folder, so that there are no watches left for others.

named: folders
late: edit
"""
from pathlib import Path
from random import Random

FOLDERS = 630


def place(folder: Path, name: str, chance: Random) -> None:
    """A plugin's folder that is whole when it appears."""
    temporary = folder / f"_{name}"
    for i in range(FOLDERS):
        (temporary / f"{chance.randrange(1 << 32):08x}-{i}").mkdir(parents=True)
    (temporary / "plugin.py").write_text("def poll():\n    return {'value': 1}\n")
    temporary.rename(folder / name)
