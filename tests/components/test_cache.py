"""The cache of compiled components: only what this program made is ever run.

Each test compiles a component that reads 42, does something to the cache while nobody runs, and
starts again; the foreign artifact there reads 7.
"""
import os
import shutil
from pathlib import Path
from typing import Callable

import pytest
import wasm
from conftest import CONFIG
from node import Harvester

OURS, FOREIGN = 42, 7


def node(folder: Path, plugins: Path, data: Path) -> Harvester:
    """One with this data folder."""
    return Harvester(folder, CONFIG, plugins, data=data)


def run_until_it_ends(folder: Path, plugins: Path, data: Path) -> tuple[int, str]:
    """For a start that has to fail: exit status and log."""
    harvester = node(folder, plugins, data)
    try:
        return harvester.end(), harvester.text()
    finally:
        harvester.process.kill()


def run_once(folder: Path, plugins: Path, data: Path, *expected: str) -> str:
    """The log of a run in which the component read 42 and nothing else."""
    with node(folder, plugins, data) as harvester:
        assert harvester.wait_for_data("tiny", "is there", bool) == {"value": OURS}
        log = harvester.text()
    assert f" value {FOREIGN}" not in log
    for text in expected:
        assert text in log, log
    return log


def artifact_of(data: Path) -> Path:
    """The one artifact of a cache."""
    (artifact,) = (data / "cache").glob("*.cwasm")
    return artifact


@pytest.fixture
def data(tmp_path: Path, plugins: Path) -> Path:
    """A data folder in which the component is compiled."""
    (plugins / "tiny.wasm").write_bytes(wasm.component(OURS))
    run_once(tmp_path, plugins, tmp_path / "data", "compiling tiny (0.0 MB), once")
    return tmp_path / "data"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """The data folder of another installation, whose `tiny` reads 7."""
    plugins = tmp_path / "foreign-plugins"
    plugins.mkdir()
    (plugins / "tiny.wasm").write_bytes(wasm.component(FOREIGN))
    with node(tmp_path, plugins, tmp_path / "foreign-data") as harvester:
        assert harvester.wait_for_data("tiny", "is there", bool) == {"value": FOREIGN}
    return tmp_path / "foreign-data"


def flip(path: Path, offset: int) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def test_kept(tmp_path: Path, plugins: Path, data: Path) -> None:
    """Nothing is done: nothing is compiled."""
    before = artifact_of(data).stat().st_ino
    assert "compil" not in run_once(tmp_path, plugins, data)
    assert artifact_of(data).stat().st_ino == before


def test_modes(data: Path) -> None:
    """Nobody else can read or write what is kept."""
    cache = data / "cache"
    assert cache.stat().st_mode & 0o777 == 0o700
    for path in cache.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def flip_first(artifact: Path, _: Path) -> None:
    """The first byte."""
    flip(artifact, 0)


def flip_middle(artifact: Path, _: Path) -> None:
    """Somewhere in the code."""
    flip(artifact, artifact.stat().st_size // 2)


def flip_last(artifact: Path, _: Path) -> None:
    """The last byte."""
    flip(artifact, -1)


def truncate(artifact: Path, _: Path) -> None:
    """Half of it."""
    os.truncate(artifact, artifact.stat().st_size // 2)


def empty(artifact: Path, _: Path) -> None:
    """Nothing left."""
    os.truncate(artifact, 0)


def append(artifact: Path, _: Path) -> None:
    """One byte more."""
    with artifact.open("ab") as file:
        file.write(b"\0")


def mac_of(artifact: Path) -> Path:
    """Beside it."""
    return artifact.with_name(artifact.name + ".mac")


def flip_mac(artifact: Path, _: Path) -> None:
    """The code in the file beside it."""
    flip(mac_of(artifact), 5)


def truncate_mac(artifact: Path, _: Path) -> None:
    """Half a code."""
    os.truncate(mac_of(artifact), 16)


def remove_mac(artifact: Path, _: Path) -> None:
    """No code at all."""
    mac_of(artifact).unlink()


def replace(artifact: Path, foreign: Path) -> None:
    """Another component's artifact."""
    shutil.copy(artifact_of(foreign), artifact)


def replace_with_mac(artifact: Path, foreign: Path) -> None:
    """Another component's artifact and its code, made with another key."""
    replace(artifact, foreign)
    shutil.copy(mac_of(artifact_of(foreign)), mac_of(artifact))


def link(artifact: Path, foreign: Path) -> None:
    """A symbolic link to another artifact."""
    artifact.unlink()
    artifact.symlink_to(artifact_of(foreign))


def replace_key(artifact: Path, foreign: Path) -> None:
    """Another installation's key, with nothing else changed."""
    shutil.copy(foreign / "cache" / "key", artifact.parent / "key")


def open_to_all(artifact: Path, _: Path) -> None:
    """Others could have written it."""
    artifact.chmod(0o666)


@pytest.mark.parametrize("change", [
    flip_first, flip_middle, flip_last, truncate, empty, append, flip_mac, truncate_mac, remove_mac,
    replace, replace_with_mac, link, replace_key, open_to_all])
def test_changed(tmp_path: Path, plugins: Path, data: Path, foreign: Path,
                 change: Callable[[Path, Path], None]) -> None:
    """Whatever was changed, it is said, the artifact is made again, and the new one is kept."""
    change(artifact_of(data), foreign)
    run_once(tmp_path, plugins, data, "rebuilding tiny: ", "compiling tiny (0.0 MB), once")
    assert "compil" not in run_once(tmp_path, plugins, data)


def test_of_another_component_with_its_code(tmp_path: Path, plugins: Path, data: Path) -> None:
    """Even an artifact that this program made is only ever used for its own component."""
    ours = artifact_of(data)
    (plugins / "tiny.wasm").write_bytes(wasm.component(FOREIGN))
    with node(tmp_path, plugins, data) as harvester:
        assert harvester.wait_for_data("tiny", "is there", bool) == {"value": FOREIGN}
    (theirs,) = (path for path in (data / "cache").glob("*.cwasm") if path != ours)
    shutil.copy(theirs, ours)
    shutil.copy(mac_of(theirs), mac_of(ours))
    (plugins / "tiny.wasm").write_bytes(wasm.component(OURS))
    run_once(tmp_path, plugins, data, "rebuilding tiny: ", "compiling tiny (0.0 MB), once")


def test_folder_open_to_others(tmp_path: Path, plugins: Path, data: Path) -> None:
    """Refused, with the command that mends it."""
    (data / "cache").chmod(0o755)
    status, log = run_until_it_ends(tmp_path, plugins, data)
    assert status == 1
    assert f"{data}/cache may be used by others (mode 0755)" in log
    assert f"chmod 700 {data}/cache" in log
    (data / "cache").chmod(0o700)
    assert "compil" not in run_once(tmp_path, plugins, data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user(tmp_path: Path, plugins: Path, data: Path) -> None:
    """Refused, with both users."""
    os.chown(data / "cache", 65534, 65534)
    status, log = run_until_it_ends(tmp_path, plugins, data)
    assert status == 1
    assert f"{data}/cache belongs to user 65534, but this program runs as user 0" in log


def test_folder_is_a_file(tmp_path: Path, plugins: Path, data: Path) -> None:
    """Refused, with its path."""
    shutil.rmtree(data / "cache")
    (data / "cache").write_text("")
    status, log = run_until_it_ends(tmp_path, plugins, data)
    assert status == 1
    assert f"{data}/cache: cannot open the cache of compiled plugins (check its mode and owner): Not a directory" in log
