"""Components from the cache, built where they are missing."""
import shutil
import subprocess
from pathlib import Path

import pytest
from node import BUILD, ROOT, simulated


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """There is something to test."""
    for name in ("harvester", "harvester-guest", "runtime.cwasm"):
        assert (BUILD / name).exists(), f"{BUILD / name} is missing: run `make build`"


@pytest.fixture(scope="session")
def plugin_components() -> dict[str, Path]:
    """The project's own plugins as components, by name."""
    output = subprocess.run([ROOT / "tools" / "build-plugin-components"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    lines = (line.split(maxsplit=1) for line in output.splitlines())
    return {name: Path(path) for name, path in lines}


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty folder for plugins."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


# Components are compiled on the machine's cores meanwhile: more patience than elsewhere.
CONFIG = simulated({"polling": {"interval_seconds": 0.5, "deadline_seconds": 20}})


def put_plugin(folder: Path, name: str, component: Path | None = None) -> None:
    """One of the project's plugins with its permissions: its component, or its sources."""
    if component is None:
        shutil.copytree(ROOT / "plugins" / name, folder / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
        return
    (folder / name).mkdir()
    shutil.copy(component, folder / name / "plugin.wasm")
    shutil.copy(ROOT / "plugins" / name / "permission.toml", folder / name)
