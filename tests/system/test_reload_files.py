"""The files of a plugin while they are written, renamed and moved: the node reads what is complete."""
import os
import shutil
import time
from pathlib import Path
from typing import Callable

import pytest
from node import COUNTER, Harvester
from reloads import TOOK_OVER, complaints, version

Start = Callable[..., Harvester]

CHUNKS = 10
CHUNK_SECONDS = 0.03


# Files that are being written

def write_in_chunks(file: Path, source: str) -> None:
    """As a slow copy does."""
    with file.open("w") as stream:
        for i in range(CHUNKS):
            stream.write(source[i * len(source) // CHUNKS:(i + 1) * len(source) // CHUNKS])
            stream.flush()
            time.sleep(CHUNK_SECONDS)


# poll comes last, and the call that it needs at the very end: no part of it works.
LONG = ("text = '''\n" + "filling\n" * 100 + "'''\n\ndef poll():\n    return value()\n\n"
        "def value():\n    return {'version': 2}\n")


def test_written_in_chunks(start: Start, plugins: Path) -> None:
    """One change, however many parts it comes in, and no word about the parts."""
    file = plugins / "one.py"
    file.write_text(version(1))
    harvester = start()
    harvester.wait_for_value("one")
    write_in_chunks(file, LONG)
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert len(harvester.log(TOOK_OVER.format("one"))) == 1
    assert not complaints(harvester, "one")
    assert (harvester.plugin("one")["errors"], harvester.plugin("one")["restarts"]) == (0, 0)


def test_module_in_chunks(start: Start, plugins: Path) -> None:
    """The same of a file that another one imports."""
    (plugins / "one" / "lib").mkdir(parents=True)
    (plugins / "one" / "plugin.py").write_text("from helper import poll\n")
    file = plugins / "one" / "lib" / "helper.py"
    file.write_text(version(1))
    harvester = start()
    harvester.wait_for_value("one")
    write_in_chunks(file, LONG)
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert len(harvester.log(TOOK_OVER.format("one"))) == 1
    assert not complaints(harvester, "one")


def test_new_file_in_chunks(start: Start, plugins: Path) -> None:
    """The same where there is no old version."""
    harvester = start()
    write_in_chunks(plugins / "one.py", LONG)
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert not complaints(harvester, "one")
    assert (harvester.plugin("one")["errors"], harvester.plugin("one")["restarts"]) == (0, 0)


def test_new_folder_file_by_file(start: Start, plugins: Path) -> None:
    """As `cp -r` from a slow disk brings it."""
    harvester = start()
    (plugins / "one").mkdir()
    (plugins / "one" / "plugin.py").write_text("from package import poll\n")
    time.sleep(CHUNK_SECONDS)
    (plugins / "one" / "lib" / "package").mkdir(parents=True)
    time.sleep(CHUNK_SECONDS)
    (plugins / "one" / "lib" / "package" / "__init__.py").write_text(version(2))
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert not complaints(harvester)


def truncate_then_write(file: Path, source: str) -> None:
    """As a shell's redirection does, with the file empty for a while."""
    with file.open("w") as stream:
        stream.flush()
        time.sleep(CHUNK_SECONDS)
        stream.write(source)


def rename_over(file: Path, source: str) -> None:
    """As a careful program does."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(source)
    os.replace(new, file)


def like_vim(file: Path, source: str) -> None:
    """A swap file, a probe whether it may create files, a backup by rename, and the new file."""
    swap, backup = file.with_name(f".{file.name}.swp"), file.with_name(f"{file.name}~")
    swap.write_bytes(b"b0VIM 9.0")
    (file.parent / "4913").write_text("")
    (file.parent / "4913").unlink()
    os.rename(file, backup)
    file.write_text(source)
    backup.unlink()
    swap.unlink()


def like_emacs(file: Path, source: str) -> None:
    """A lock that is a dangling link, an automatic save, and a backup that stays."""
    lock = file.with_name(f".#{file.name}")
    lock.symlink_to("user@machine.1234:1700000000")
    file.with_name(f"#{file.name}#").write_text(source)
    shutil.copy(file, file.with_name(f"{file.name}~"))
    file.write_text(source)
    file.with_name(f"#{file.name}#").unlink()
    lock.unlink()


@pytest.mark.parametrize("write", [truncate_then_write, rename_over, like_vim, like_emacs])
@pytest.mark.parametrize("place", ["one.py", "one/plugin.py"])
def test_ways_to_write(start: Start, plugins: Path, place: str,
                       write: Callable[[Path, str], None]) -> None:
    """Each ends as the new version; nothing else is taken for a plugin or complained of."""
    file = plugins / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(version(1))
    harvester = start()
    harvester.wait_for_value("one")
    write(file, version(2))
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert harvester.all_plugins().keys() == {"one"}
    assert not complaints(harvester)
    assert harvester.plugin("one")["reload_error"] is None


# Files and folders that move

def test_rename(start: Start, plugins: Path) -> None:
    """One scan: the old name's plugin is unloaded and the new name's loaded, nothing in between."""
    (plugins / "neighbour.py").write_text(COUNTER)
    (plugins / "a.py").write_text(version(1))
    harvester = start()
    harvester.wait_for_value("neighbour")
    harvester.wait_for_value("a")
    os.rename(plugins / "a.py", plugins / "b.py")
    assert harvester.wait_for_value("b") == {"version": 1}
    assert harvester.data("a") == {"version": None, "error": "its plugin was removed",
                                   "last_good_ms": harvester.data("a")["last_good_ms"]}
    assert harvester.all_plugins().keys() == {"b", "neighbour"}
    events = [match[1] for match in harvester.log(r" info (\S+: (?:found|removed|changed.*))$")]
    assert sorted(events) == ["a: found", "a: removed", "b: found", "neighbour: found"]
    assert not complaints(harvester)


def test_folder_moved_in_and_out(start: Start, plugins: Path, tmp_path: Path) -> None:
    """It is whole when it comes, and what changes in it later is seen as well."""
    folder = tmp_path / "one"
    (folder / "lib" / "package").mkdir(parents=True)
    (folder / "plugin.py").write_text("from package import poll\n")
    (folder / "lib" / "package" / "__init__.py").write_text(version(1))
    harvester = start()
    os.rename(folder, plugins / "one")
    assert harvester.wait_for_value("one") == {"version": 1}
    (plugins / "one" / "lib" / "package" / "__init__.py").write_text(version(2))
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    os.rename(plugins / "one", folder)
    assert harvester.wait_for_error("one") == "its plugin was removed"
    assert harvester.all_plugins() == {}
    os.rename(folder, plugins / "one")
    harvester.wait_for_data("one", "is back", lambda data: data == {"version": 2})
    shutil.rmtree(plugins / "one")
    harvester.wait_until("it is gone", lambda: not harvester.all_plugins())
    assert not harvester.log(r" error \S+: ")


READS_A_LINE = """
from wit_world.imports import gpio

def poll():
    return {"line": gpio.read(5)}
"""


def test_permissions_widen(start: Start, plugins: Path) -> None:
    """The new version has the new grant."""
    (plugins / "one.py").write_text(READS_A_LINE)
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.permission.toml").write_text("allow_gpio = [5, 6]\nallow_leds = true\n")
    harvester.wait_for_log(TOOK_OVER.format("one"))
    granted = harvester.plugin("one")["granted"]
    assert (granted["gpio"], granted["leds"]) == ([5, 6], True)


def test_permissions_end(start: Start, plugins: Path) -> None:
    """What was taken away is gone, even if the plugin cannot work without it."""
    (plugins / "one.py").write_text(READS_A_LINE)
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.permission.toml").unlink()
    harvester.wait_for_log(" error one: .*gpio 5")
    assert not harvester.plugin("one")["granted"]["gpio"]
    assert "gpio 5" in harvester.wait_for_error("one")


def test_folder_beside_a_file(start: Start, plugins: Path, tmp_path: Path) -> None:
    """The folder wins, and it is said; when it goes, the file is the plugin again."""
    (plugins / "one.py").write_text(version(1))
    harvester = start()
    harvester.wait_for_value("one")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "plugin.py").write_text(version(2))
    os.rename(tmp_path / "one", plugins / "one")
    harvester.wait_for_data("one", "is the folder's", lambda data: data.get("version") == 2)
    harvester.wait_for_log(r" warning plugins: .*one\.py: ")
    assert list(harvester.all_plugins()) == ["one"]
    os.rename(plugins / "one", tmp_path / "one")
    harvester.wait_for_data("one", "is the file's", lambda data: data.get("version") == 1)
    assert not harvester.log(r" error \S+: ")
