"""What plugins and files say reaches a person's terminal without a character that it would obey."""
import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Callable

from node import PROGRAM, Harvester, command

Start = Callable[..., Harvester]

# An escape sequence, a C1 control, a mark that turns the text around, and a line of its own.
EVIL = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe"
FORBIDDEN = [chr(code) for code in (*range(0x20), *range(0x80, 0xa0), 0x2028, *range(0x202a, 0x202f))
             if chr(code) != "\n"]

RAISES = f"def poll():\n    raise ValueError({EVIL!r})\n"
# A reading's text has no control characters (docs/decisions/0034), but may have this one.
TURNED = "\u202egnp.exe"
GIVES = f"def poll():\n    return {{'text': {TURNED!r}}}\n"
TESTS = f"def test_evil():\n    assert False, {EVIL!r}\n"


def assert_clean(text: str, allowed: str = "") -> None:
    """Nothing in it moves a cursor or turns a text around."""
    assert text and not [char for char in FORBIDDEN if char in text and char not in allowed], repr(text)


def on_terminal(*words: str | Path) -> str:
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([PROGRAM, *words], stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 65536):
                said += chunk
        except OSError:
            pass  # the end of a terminal
        process.wait()
    os.close(ours)
    return re.sub(r"\r+\n", "\n", said.decode())  # the terminal adds one to the export's own


def test_list_of_a_running_node(start: Start, plugins: Path) -> None:
    """The reason of a failure, and the same as JSON on a terminal; a program gets it unchanged."""
    (plugins / "evil.py").write_text(RAISES)
    harvester = start()
    harvester.wait_for_log(" error evil: ValueError: ")
    data = plugins.parent / "data"
    said = command("plugin", "list", "--data", data).stdout
    assert "ValueError: ?[2J?]0;owned?" in said
    assert_clean(said)
    assert_clean(on_terminal("plugin", "list", "--data", data, "--json"))
    exact = command("plugin", "list", "--data", data, "--json").stdout
    assert json.loads(exact)[0]["reason"].startswith(f"ValueError: {EVIL}")


def test_check_list_and_doctor_of_a_folder(tmp_path: Path) -> None:
    """Names of files that are no plugins, and of folders."""
    folder = tmp_path / f"evil {EVIL}\nskipped: faked"
    folder.mkdir()
    (folder / f"{EVIL}.py").write_text("def poll():\n    return {}\n")
    (folder / "one.py").write_text("def poll():\n    return {}\n")
    (folder / "one.permission.toml").write_text(f'"allow_{chr(0x9b)}31m" = 1\n')
    for words in (("check",), ("plugin", "list"), ("doctor",)):
        done = command(*words, "--plugins", folder)
        assert_clean(done.stdout + done.stderr)
        assert "\nskipped: faked" not in done.stdout + done.stderr
        assert_clean(on_terminal(*words, "--plugins", folder))
        if words != ("plugin", "list"):
            assert_clean(on_terminal(*words, "--plugins", folder, "--json"))
    assert_clean(command("plugin", "inspect", folder / "none").stderr)


def test_results_of_a_plugins_own_tests(tmp_path: Path) -> None:
    """The text of an assertion, line by line."""
    (tmp_path / "plugin.py").write_text("def poll():\n    return {}\n")
    (tmp_path / "test_evil.py").write_text(TESTS)
    done = command("plugin", "test", tmp_path)
    assert "FAILED" in done.stdout and "?[2J" in done.stdout
    assert_clean(done.stdout)
    assert_clean(on_terminal("plugin", "test", tmp_path, "--json"))


def test_export_to_a_terminal(start: Start, plugins: Path) -> None:
    """Readings' texts are cleaned for a terminal, and exact for a file."""
    (plugins / "evil.py").write_text(GIVES)
    harvester = start({"history": {"commit_seconds": 0.1}})
    harvester.wait_for_value("evil")
    data = plugins.parent / "data"
    exact = harvester.wait_until("it is stored", lambda: (
        text := command("history", "export", "--data", data).stdout) and TURNED in text and text)
    assert exact
    for form in ("csv", "jsonl"):
        said = on_terminal("history", "export", "--data", data, "--format", form)
        assert "gnp.exe" in said
        assert_clean(said)
