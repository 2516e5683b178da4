"""`harvester bundle`: the same file for the same folder, and the same signatures as minisign."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from bundles import Key, write_plugin
from node import command

LABEL = """version = "1.2.0"
counter = 7
host = "0.1"
expires = "2030-01-31"
description = "Switches a lamp."
source = "https://example.org/lamp"
"""


def good(*words: str | Path) -> str:
    """A command that succeeds; what it prints."""
    result = command(*words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def bad(*words: str | Path) -> str:
    """A command that fails; its error."""
    result = command(*words)
    assert result.returncode == 1, result.stdout
    return result.stderr


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    """A plugin's folder with a package."""
    folder = write_plugin(tmp_path / "lamp", permission="allow_gpio = [4]\n", label=LABEL)
    (folder / "lib" / "tool").mkdir(parents=True)
    (folder / "lib" / "tool" / "__init__.py").write_text("")
    return folder


def test_same_folder_same_bits(tmp_path: Path, lamp: Path) -> None:
    """Neither time, mode, nor what tools leave behind counts."""
    other = tmp_path / "elsewhere" / "lamp"
    shutil.copytree(lamp, other)
    (other / "plugin.py").chmod(0o600)
    (other / "__pycache__").mkdir()
    (other / "__pycache__" / "plugin.pyc").write_text("x")
    (other / ".git").mkdir()
    (other / "plugin.py~").write_text("x")
    os.utime(other / "plugin.py", (1, 1))
    good("bundle", "build", lamp, "-o", tmp_path / "a.bundle")
    good("bundle", "build", other, "-o", tmp_path / "b.bundle")
    assert (tmp_path / "a.bundle").read_bytes() == (tmp_path / "b.bundle").read_bytes()


def test_what_inspect_shows(tmp_path: Path, lamp: Path) -> None:
    """All that bundle.toml says, and the request in plain words."""
    good("bundle", "build", lamp, "-o", tmp_path / "lamp.bundle")
    text = good("bundle", "inspect", tmp_path / "lamp.bundle")
    for part in ("lamp", "1.2.0", "7", "2030-01-31T00:00:00Z", "Switches a lamp.", "https://example.org/lamp",
                 "GPIO4", "lib/tool/__init__.py", "plugin.py"):
        assert part in text, text


def test_counter_of_a_folder_without_a_label(tmp_path: Path) -> None:
    """It is the time of the newest file, so that it grows with each change."""
    folder = write_plugin(tmp_path / "lamp")
    os.utime(folder / "plugin.py", (1_700_000_000, 1_700_000_000))
    assert "counter 1700000000000" in good("bundle", "build", folder, "-o", tmp_path / "lamp.bundle")


def test_minisign_checks_our_signature(tmp_path: Path, lamp: Path) -> None:
    """With its own -H: prehashed."""
    good("bundle", "keygen", "-o", tmp_path / "me")
    assert (tmp_path / "me.key").stat().st_mode & 0o777 == 0o600
    good("bundle", "build", lamp, "-o", tmp_path / "lamp.bundle")
    good("bundle", "sign", tmp_path / "lamp.bundle", "--key", tmp_path / "me")
    good("bundle", "verify", tmp_path / "lamp.bundle", "--pubkey", tmp_path / "me.pub")
    result = subprocess.run(["minisign", "-V", "-H", "-p", tmp_path / "me.pub", "-m", tmp_path / "lamp.bundle"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "harvester bundle lamp 1.2.0, counter 7" in result.stdout


def test_our_key_signs_in_minisign_the_same(tmp_path: Path, lamp: Path) -> None:
    """minisign signs with our secret key, and gives the same signature of the file."""
    good("bundle", "keygen", "-o", tmp_path / "me")
    good("bundle", "build", lamp, "-o", tmp_path / "lamp.bundle")
    good("bundle", "sign", tmp_path / "lamp.bundle", "--key", tmp_path / "me")
    signature = tmp_path / "lamp.bundle.minisig"
    ours = signature.read_text().splitlines()
    subprocess.run(["minisign", "-S", "-W", "-s", tmp_path / "me.key", "-m", tmp_path / "lamp.bundle"], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    theirs = signature.read_text().splitlines()
    assert ours[1] == theirs[1]
    good("bundle", "verify", tmp_path / "lamp.bundle", "--pubkey", tmp_path / "me.pub")


def test_minisigns_key_signs_here(tmp_path: Path, lamp: Path) -> None:
    """A key that minisign made, and the path of its file."""
    key = Key(tmp_path, "theirs")
    good("bundle", "build", lamp, "-o", tmp_path / "lamp.bundle")
    good("bundle", "sign", tmp_path / "lamp.bundle", "--key", key.secret)
    subprocess.run(["minisign", "-V", "-H", "-p", key.public, "-m", tmp_path / "lamp.bundle"], check=True,
                   capture_output=True)


def test_keys_are_not_overwritten(tmp_path: Path) -> None:
    """A lost secret key could not be made again."""
    good("bundle", "keygen", "-o", tmp_path / "me")
    before = (tmp_path / "me.key").read_bytes()
    assert "already exists" in bad("bundle", "keygen", "-o", tmp_path / "me")
    assert (tmp_path / "me.key").read_bytes() == before


def test_only_a_bundle_is_signed(tmp_path: Path) -> None:
    """The key is not for anything else."""
    good("bundle", "keygen", "-o", tmp_path / "me")
    (tmp_path / "file").write_text("hello")
    assert "not a bundle" in bad("bundle", "sign", tmp_path / "file", "--key", tmp_path / "me")
    assert not (tmp_path / "file.minisig").exists()


@pytest.mark.parametrize("label,says", [
    ("version = \"a b\"", "bundle.toml:1:"),
    ("counter = 0", "bundle.toml:1:"),
    ("expires = \"soon\"", "such as"),
    ("versoin = \"1\"", "version"),
])
def test_wrong_label(tmp_path: Path, label: str, says: str) -> None:
    """bundle.toml has errors: where, and what is expected."""
    folder = write_plugin(tmp_path / "lamp", label=label)
    assert says in bad("bundle", "build", folder, "-o", tmp_path / "lamp.bundle")
    assert not (tmp_path / "lamp.bundle").exists()


def test_link_in_the_folder(tmp_path: Path) -> None:
    """A link could take a file along that nobody meant."""
    folder = write_plugin(tmp_path / "lamp")
    (folder / "data.txt").symlink_to("/etc/passwd")
    assert "symbolic link" in bad("bundle", "build", folder, "-o", tmp_path / "lamp.bundle")
