"""A new version takes over between two polls, an old one that works outlives a bad one, and the
rest of the node notices nothing of either.
"""
import os
import re
import shutil
import signal
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest
import wasm
from node import COUNTER, PATIENCE, ROOT, Harvester, is_alive
from plugin_texts import OUTPUT

Start = Callable[..., Harvester]

RELOADS = 100
REQUESTS_PER_SECOND = 200
CHUNKS = 10
CHUNK_SECONDS = 0.03
DEADLINE_SECONDS = 1.0

TOOK_OVER = " info {}: the new version has taken over$"
REFUSED = " error {}: the new version failed, the old version goes on:$"

GREEN, FAULT_COLOR, DARK = "00ff00", "0c000c", "000000"

VERSION = 'def poll():\n    return {"version": VERSION}\n'


def version(number: int) -> str:
    """A plugin that says which it is."""
    return VERSION.replace("VERSION", str(number))


class Client:
    """Asks for one page again and again at a fixed rate, on one connection, and keeps each answer;
    use it in a `with`. A dropped connection is an error.
    """

    def __init__(self, harvester: Harvester, path: str) -> None:
        self.path = path
        self.answers: list[tuple[int, bytes]] = []
        self.error: BaseException | None = None
        self.stopped = threading.Event()
        address = urlsplit(harvester.address)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Client":
        self.connection.connect()
        # A connection that is dropped is not made again.
        self.connection.auto_open = 0
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        self.thread.join()
        self.connection.close()
        if exception[0] is None and self.error:
            raise AssertionError(f"after {len(self.answers)} answers") from self.error

    def _run(self) -> None:
        due = time.monotonic()
        try:
            while not self.stopped.wait(max(0.0, due - time.monotonic())):
                due += 1 / REQUESTS_PER_SECOND
                self.connection.request("GET", self.path)
                answer = self.connection.getresponse()
                self.answers.append((answer.status, answer.read()))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error


def world(harvester: Harvester) -> dict[str, Any]:
    """The simulated devices' side of the truth."""
    return harvester.get_json("/api/v1/simulation")


def complaints(harvester: Harvester, name: str = r"\S+") -> list[str]:
    """Errors and warnings so far, but that about the simulated hardware."""
    found = harvester.log(rf" (?:error|warning) {name}: (?!the hardware is SIMULATED)")
    return [match.string for match in found]


def counts(harvester: Harvester, name: str) -> list[int]:
    """Each reading of a counter so far, by the log."""
    return [int(match[1]) for match in harvester.log(rf" info {name}: count (\d+)$")]


def count_descriptors(harvester: Harvester) -> int:
    """Those that the broker has open."""
    return len(list(Path(f"/proc/{harvester.process.pid}/fd").iterdir()))


def wait_for_another_count(harvester: Harvester, name: str) -> None:
    """It polls on."""
    count = harvester.data(name)["count"]
    harvester.wait_for_data(name, "counts on", lambda data: data.get("count", 0) > count + 1)


# 100 reloads under load

def test_hundred_reloads(start: Start, plugins: Path) -> None:
    """A file, a module of a folder and a package in lib/ change in turns. A client at 200/s sees no
    error and in every answer a version of each; a neighbour misses no poll.
    """
    (plugins / "neighbour.py").write_text(COUNTER)
    for name, module in (("two", "helper.py"), ("three", "lib/package/__init__.py")):
        (plugins / name / module).parent.mkdir(parents=True)
        (plugins / name / "plugin.py").write_text(
            f"from {Path(module.removeprefix('lib/')).parts[0].removesuffix('.py')} import poll\n")
    changing = {"one": plugins / "one.py", "two": plugins / "two" / "helper.py",
                "three": plugins / "three" / "lib" / "package" / "__init__.py"}
    for file in changing.values():
        file.write_text(version(0))
    harvester = start()
    for name in (*changing, "neighbour"):
        harvester.wait_for_value(name)
    before = harvester.plugin("neighbour")
    descriptors, processes = count_descriptors(harvester), len(harvester.processes())
    with Client(harvester, "/api/readings") as client:
        for number in range(1, RELOADS + 1):
            name = list(changing)[number % len(changing)]
            changing[name].write_text(version(number))
            harvester.wait_for_data(name, f"is version {number}",
                                    lambda data, want=number: data.get("version") == want)
        wait_for_another_count(harvester, "neighbour")
    assert len(client.answers) > RELOADS
    assert {status for status, _ in client.answers} == {200}
    for name in changing:
        values = [int(match[1]) if match else None for _, body in client.answers for match in [
            re.search(rb'"test:%s"[^}]*"version": ?(\d+)' % name.encode(), body)]]
        assert None not in values and values == sorted(values), name
        assert not complaints(harvester, name)
    seen = counts(harvester, "neighbour")
    assert seen == list(range(1, len(seen) + 1))
    after = harvester.plugin("neighbour")
    assert (after["pid"], after["errors"], after["restarts"]) == (before["pid"], 0, 0)
    assert len(harvester.log(": the new version has taken over$")) == RELOADS
    harvester.wait_until("the old versions are gone",
                         lambda: len(harvester.processes()) == processes)
    harvester.wait_until("and their sockets",
                         lambda: count_descriptors(harvester) <= descriptors)


# Versions that do not work

BROKEN = {
    "syntax": ("def poll()\n    return {}\n",
               r"SyntaxError: expected ':' \(one\.py, line 1\)"),
    "raises": ("def poll():\n    raise OSError('wire off')\n",
               r"OSError: wire off \(one\.py, line 2\)"),
    "raises-at-load": ("raise ValueError('at the top')\n",
                       r"ValueError: at the top \(one\.py, line 1\)"),
    "no-poll": ("def read():\n    return {}\n", r"TypeError: one\.py has no poll, render or .*"),
    "endless-loop": ("def poll():\n    while True:\n        pass\n",
                     r"poll\(\) took longer than its deadline of 1 s and was killed"),
    "endless-loop-at-load": ("while True:\n    pass\n",
                             r"loading took longer than its deadline of 1 s and was killed"),
    "memory-bomb": ("def poll():\n    kept = []\n    while True:\n"
                    "        kept.append(' ' * 10**6)\n",
                    r"MemoryError \(one\.py, line 4\)|used \d+ MB, its limit is \d+ MB"),
    "sys-exit": ("import sys\n\ndef poll():\n    sys.exit(3)\n",
                  r"SystemExit: 3 \(one\.py, line 4\)"),
    "os-exit": ("import os\n\ndef poll():\n    os._exit(3)\n", r".*[Ee]xit.*"),
    "os-abort": ("import os\n\ndef poll():\n    os.abort()\n", r".*unreachable.*"),
    "no-reading": ("def poll():\n    return 5\n", r"TypeError: poll returned int, expected .*"),
    "not-text": (b"\xff\xfe\x00", r".*one\.py is not UTF-8 text; save it as UTF-8"),
    "empty": ("", r"TypeError: one\.py has no poll, render or .*"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_version(start: Start, plugins: Path, name: str) -> None:
    """The old one polls on in its process without an error; the reason is in the list of plugins
    and in the log; the mended one takes over.
    """
    source, reason = BROKEN[name]
    file = plugins / "one.py"
    file.write_text(COUNTER)
    # The others end by themselves, which takes its time on a busy machine.
    deadline = DEADLINE_SECONDS if "deadline" in reason else 60
    harvester = start({"plugins.one": {"deadline_seconds": deadline}})
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    harvester.wait_for_log(REFUSED.format("one"))
    after = harvester.plugin("one")
    assert re.fullmatch(reason, after["reload_error"])
    assert (after["pid"], after["errors"], after["restarts"]) == (before["pid"], 0, 0)
    harvester.wait_for_log(f" error one: .*(?:{reason})")
    wait_for_another_count(harvester, "one")
    assert harvester.plugin("one")["pid"] == before["pid"]
    file.write_text(version(2))
    harvester.wait_for_data("one", "is mended", lambda data: data.get("version") == 2)
    assert harvester.plugin("one")["reload_error"] is None
    seen = counts(harvester, "one")
    assert seen == list(range(1, len(seen) + 1))


def test_broken_permission(start: Start, plugins: Path) -> None:
    """So it is with a permission file that cannot be understood."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    (plugins / "one.permission.toml").write_text("allow_led = true\n")
    harvester.wait_for_log(REFUSED.format("one"))
    problem = r"one\.permission\.toml:1:1: unknown key allow_led, did you mean allow_leds\?$"
    harvester.wait_for_log(f" error one: .*/{problem}")
    wait_for_another_count(harvester, "one")
    after = harvester.plugin("one")
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    assert re.search(problem, after["reload_error"])
    (plugins / "one.permission.toml").write_text("allow_leds = true\n")
    harvester.wait_for_log(TOOK_OVER.format("one"))
    assert harvester.plugin("one")["granted"]["leds"]


def test_new_plugin_with_broken_permission(start: Start, plugins: Path) -> None:
    """Not started, and every problem is said with its place; the mended one starts."""
    (plugins / "one.py").write_text(version(1))
    (plugins / "one.permission.toml").write_text("allow_led = true\nallow_fan = 3\n")
    harvester = start()
    harvester.wait_for_log(" warning one: not started: its permission file has errors:$")
    harvester.wait_for_log(r" error one: .*/one\.permission\.toml:1:1: unknown key allow_led, ")
    harvester.wait_for_log(r" error one: .*/one\.permission\.toml:2:\d+: ")
    assert harvester.plugin("one")["state"] == "refused"
    (plugins / "one.permission.toml").write_text("")
    assert harvester.wait_for_value("one") == {"version": 1}


def test_quarantined_plugin_is_mended(start: Start, plugins: Path) -> None:
    """What stays off until its file changes, as a component with a wrong import, starts with it."""
    wrong = wasm.Import("acme:thing/part@0.1.0", "do-it", {}, None)
    (plugins / "tiny.wasm").write_bytes(wasm.component(1, [wrong]))
    harvester = start()
    harvester.wait_until("it is off", lambda: harvester.plugin("tiny")["state"] == "failed")
    (plugins / "tiny.wasm").write_bytes(wasm.component(2))
    assert harvester.wait_for_value("tiny") == {"value": 2}


@pytest.mark.parametrize("content, reason", [
    (b"no component", r".*tiny\.wasm is no WebAssembly file"),
    (wasm.component(2, [wasm.Import("acme:thing/part@0.1.0", "do-it", {}, None)]),
     r"imports acme:thing/part@0\.1\.0#do-it, which this host does not have .*")])
def test_component(start: Start, plugins: Path, content: bytes, reason: str) -> None:
    """Components are reloaded in the same way, after they were compiled."""
    (plugins / "tiny.wasm").write_bytes(wasm.component(1))
    harvester = start()
    harvester.wait_for_value("tiny")
    before = harvester.plugin("tiny")
    (plugins / "tiny.wasm").write_bytes(content)
    harvester.wait_for_log(REFUSED.format("tiny"))
    after = harvester.plugin("tiny")
    assert re.fullmatch(reason, after["reload_error"])
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    harvester.wait_until("it polls on", lambda: harvester.plugin("tiny")["polls"] > after["polls"])
    (plugins / "tiny.wasm").write_bytes(wasm.component(3))
    harvester.wait_for_data("tiny", "is mended", lambda data: data == {"value": 3})
    assert harvester.plugin("tiny")["reload_error"] is None


WORKS_FOR_A_WHILE = """
count = 0

def poll():
    global count
    count += 1
    if count > 3:
        raise OSError("worn out")
    return {"count": count}
"""
DIES_LATE = """
import os
import time

time.sleep(1)

def poll():
    os.abort()
"""


def test_failed_candidate_does_not_take_over(start: Start, plugins: Path) -> None:
    """Where the old version fails meanwhile, the new one is started like any other: a dead candidate
    would never poll again.
    """
    (plugins / "one.py").write_text(WORKS_FOR_A_WHILE)
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text(DIES_LATE)
    harvester.wait_for_log(" warning one: starts again in 1 s$")
    assert not harvester.log(TOOK_OVER.format("one"))


# Changes that meet other events

SLOW_AND_SAYS_WHEN = """
import time

count = 0

def poll():
    global count
    count += 1
    print("begins", count)
    time.sleep(0.5)
    print("ends", count)
    return {"count": count}
"""


def test_between_two_polls(start: Start, plugins: Path) -> None:
    """A poll of the old version that is under way is not cut off, and its reading is not lost."""
    file = plugins / "one.py"
    file.write_text(SLOW_AND_SAYS_WHEN)
    harvester = start()
    harvester.wait_for_log(" info one: begins 2$")
    file.write_text(version(2))
    harvester.wait_for_log(TOOK_OVER.format("one"))
    story = [match[1] for match in harvester.log(
        r" info one: ((?:begins|ends|count|version|the new version).*)$")]
    last = story.index("the new version has taken over")
    began = sum(line.startswith("begins") for line in story[:last])
    assert [line for line in story[:last] if not line.startswith("version")] == [
        f"{word} {count}" for count in range(1, began + 1) for word in ("begins", "ends", "count")]


SLOW_WITH_A_LINE = """
import time
from wit_world.imports import gpio

def poll():
    print("begins VERSION")
    gpio.read(5)
    time.sleep(0.2)
    print("ends VERSION")
    END
    return {"version": VERSION}
"""


@pytest.mark.parametrize("end", ["", "raise OSError('wire off')"])
def test_one_version_at_a_time_on_a_device(start: Start, plugins: Path, end: str) -> None:
    """A candidate does not poll while the old one does, nor the old one while it does; one
    that fails lets the old one go on.
    """
    def save(number: int, last: str = "") -> None:
        (plugins / "one.py").write_text(
            SLOW_WITH_A_LINE.replace("VERSION", str(number)).replace("END", last))
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    save(1)
    harvester = start()
    harvester.wait_for_log(" info one: begins 1$")
    save(2, end)
    harvester.wait_for_log((REFUSED if end else TOOK_OVER).format("one"))
    last = len(harvester.lines)
    harvester.wait_for_log(" info one: ends [12]$", after=last)
    story = [match[1] for match in harvester.log(r" info one: ((?:begins|ends) \d)$")]
    assert "begins 2" in story
    for begin, finish in zip(story[::2], story[1::2]):
        assert begin.replace("begins", "ends") == finish, story


def test_newer_than_the_candidate(start: Start, plugins: Path) -> None:
    """A candidate that hangs does not hold up the next one, and its process goes."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start({"plugins.one": {"deadline_seconds": 600}})
    harvester.wait_for_value("one")
    before = harvester.processes()
    file.write_text("def poll():\n    while True:\n        pass\n")
    hung = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    file.write_text(version(3))
    harvester.wait_for_data("one", "is version 3", lambda data: data.get("version") == 3)
    harvester.wait_until("the one that hung is gone", lambda: not is_alive(hung))
    assert not complaints(harvester, "one")


def test_removed_with_a_candidate(start: Start, plugins: Path) -> None:
    """Both versions end."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start({"plugins.one": {"deadline_seconds": 600}})
    harvester.wait_for_value("one")
    old, before = harvester.plugin("one")["pid"], harvester.processes()
    file.write_text("def poll():\n    while True:\n        pass\n")
    new = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    file.unlink()
    assert harvester.wait_for_error("one") == "its plugin was removed"
    harvester.wait_until("both are gone", lambda: not is_alive(old) and not is_alive(new))
    assert not complaints(harvester, "one")


def test_old_version_dies_beside_a_candidate(start: Start, plugins: Path) -> None:
    """The new one takes over as soon as it has polled; nobody waits for the old one's pause."""
    file = plugins / "one.py"
    file.write_text(COUNTER)
    harvester = start()
    harvester.wait_for_value("one")
    old, before = harvester.plugin("one")["pid"], harvester.processes()
    file.write_text("import time\n\ntime.sleep(0.5)\n\n" + version(2))
    new = harvester.wait_until("the candidate runs", lambda: harvester.processes() - before).pop()
    os.kill(old, signal.SIGKILL)
    harvester.wait_for_data("one", "is version 2", lambda data: data.get("version") == 2)
    assert (harvester.plugin("one")["pid"], harvester.plugin("one")["restarts"]) == (new, 0)


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


# What a candidate begins with, and what it may do

def test_globals_start_afresh(start: Start, plugins: Path) -> None:
    """No count is missing on either side of the change; the candidate's poll is the first reading."""
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_for_data("one", "has counted", lambda data: data["count"] > 4)
    (plugins / "one.py").write_text(COUNTER + "\n# a new version\n")
    harvester.wait_for_log(TOOK_OVER.format("one"))
    wait_for_another_count(harvester, "one")
    seen = counts(harvester, "one")
    old = seen.index(1, 1)
    assert seen == [*range(1, old + 1), *range(1, len(seen) - old + 1)]


DRIVES = """
from wit_world.imports import buzzer_controller, fan_controller, gpio, led_controller

count = 0

def poll():
    global count
    count += 1
    if count == 1:
        led_controller.set_all(0, 255, 0)
        led_controller.sync_leds()
        buzzer_controller.beep(3, 20, 20)
        fan_controller.set_fan(True)
    return {"count": count}
"""
ALLOW_ALL = "allow_leds = true\nallow_buzzer = true\nallow_fan = true\n"


@pytest.mark.parametrize("end", ["", "    raise OSError('wire off')\n"])
def test_candidate_drives_nothing(start: Start, plugins: Path, end: str) -> None:
    """Whether it is good or bad: LEDs, buzzer and fan stay as they were."""
    (plugins / "one.py").write_text(COUNTER)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    harvester.wait_for_value("one")
    before = world(harvester)
    bad = DRIVES.replace("    return", end + "    return") if end else DRIVES
    (plugins / "one.py").write_text(bad)
    harvester.wait_for_log((REFUSED if end else TOOK_OVER).format("one"))
    wait_for_another_count(harvester, "one")
    after = world(harvester)
    assert (after["leds"], after["relays"]) == (before["leds"], before["relays"])
    assert harvester.plugin("one")["denied_calls"] == 0
    # That it can: started, not reloaded, the same source drives them all.
    (plugins / "one.py").unlink()
    harvester.wait_for_log(" info one: removed$")
    (plugins / "one.py").write_text(DRIVES)
    harvester.wait_until("the LEDs are green",
                         lambda: set(world(harvester)["leds"]) == {GREEN})
    harvester.wait_until("the buzzer has sounded", lambda: world(
        harvester)["relays"]["buzzer"]["switched"] == before["relays"]["buzzer"]["switched"] + 3)


TURNS_IT_ROUND = """
from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.INPUT)
gpio.capture_edges(5, 1, 1)

def poll():
    gpio.set_mode(5, gpio.Mode.INPUT_PULL_UP)
    raise OSError("wire off")
"""


def test_failed_candidate_configures_no_line_in_use(start: Start, plugins: Path) -> None:
    """The output of the running version stays an output, and the running version goes on."""
    (plugins / "one.py").write_text(OUTPUT)
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    harvester = start()
    harvester.wait_for_value("one")
    before = harvester.plugin("one")
    (plugins / "one.py").write_text(TURNS_IT_ROUND)
    harvester.wait_for_log(REFUSED.format("one"))
    wait_for_another_count(harvester, "one")
    after = harvester.plugin("one")
    assert (after["pid"], after["errors"]) == (before["pid"], 0)
    data = harvester.data("one")
    assert data["level"] == (data["count"] % 2 == 1)


READS_WITH_A_PULL = """
from wit_world.imports import gpio

gpio.set_mode(5, gpio.Mode.WANTED)

def poll():
    return {"version": VERSION, "level": gpio.read(5)}
"""


def test_mode_of_a_new_version_is_set_when_it_takes_over(start: Start, plugins: Path) -> None:
    """A mode that is set when the module is loaded does not fail the candidate, and counts from then on."""
    def save(number: int, pull: str) -> None:
        (plugins / "one.py").write_text(
            READS_WITH_A_PULL.replace("VERSION", str(number)).replace("WANTED", pull))
    (plugins / "one.permission.toml").write_text("allow_gpio = [5]\n")
    save(1, "INPUT_PULL_DOWN")
    harvester = start()
    assert harvester.wait_for_value("one") == {"version": 1, "level": False}
    save(2, "INPUT_PULL_UP")
    harvester.wait_for_data("one", "is pulled up",
                            lambda data: data == {"version": 2, "level": True})
    assert not complaints(harvester, "one")


KEEPS = """
from wit_world.imports import state

def poll():
    return {"kept": (state.get("key") or b"").decode()}
"""
KEEPS_AND_FAILS = """
from wit_world.imports import state

def poll():
    state.set("key", b"of the candidate")
    raise OSError("wire off")
"""


def test_failed_candidate_leaves_no_state(start: Start, plugins: Path) -> None:
    """The old version goes on with the state as it knows it."""
    (plugins / "one.py").write_text(KEEPS)
    harvester = start()
    assert harvester.wait_for_value("one") == {"kept": ""}
    (plugins / "one.py").write_text(KEEPS_AND_FAILS)
    harvester.wait_for_log(REFUSED.format("one"))
    polls = harvester.plugin("one")["polls"]
    harvester.wait_until("it polls on", lambda: harvester.plugin("one")["polls"] > polls + 1)
    assert harvester.data("one") == {"kept": ""}


KEEPS_FROM_THE_START = """
from wit_world.imports import state

state.set("key", b"of the new version")
state.delete("old")

def poll():
    return {"kept": state.get("key").decode(), "keys": ",".join(state.keys())}
"""


def test_good_candidate_leaves_its_state(start: Start, plugins: Path) -> None:
    """What it set while it was loaded is there at its first poll, after it took over, and after the
    broker was killed.
    """
    (plugins / "one.py").write_text(KEEPS.replace(
        "    return", '    state.set("old", b"")\n    state.set("other", b"")\n    return'))
    harvester = start()
    harvester.wait_for_value("one")
    (plugins / "one.py").write_text(KEEPS_FROM_THE_START)
    expected = {"kept": "of the new version", "keys": "key,other"}
    harvester.wait_for_data("one", "has its state", lambda data: data == expected)
    polls = harvester.plugin("one")["polls"]
    harvester.wait_until("it polls on", lambda: harvester.plugin("one")["polls"] > polls + 1)
    assert harvester.data("one") == expected
    (plugins / "one.py").write_text(KEEPS)
    harvester.wait_for_log(TOOK_OVER.format("one"), seconds=30)
    harvester.process.kill()
    harvester.end()
    assert start().wait_for_value("one") == {"kept": "of the new version"}


def test_leds_stay_over_a_reload(start: Start, plugins: Path) -> None:
    """They are the plugin's, not the version's: no flicker, and they end with the plugin."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    harvester.wait_until("the LEDs are green",
                         lambda: set(world(harvester)["leds"]) == {GREEN})
    (plugins / "one.py").write_text(COUNTER)
    harvester.wait_for_log(TOOK_OVER.format("one"))
    wait_for_another_count(harvester, "one")
    assert set(world(harvester)["leds"]) == {GREEN}


def green_then_removed(harvester: Harvester, plugins: Path) -> None:
    """The plugin that had set all LEDs is no more."""
    harvester.wait_until("the LEDs are green", lambda: set(world(harvester)["leds"]) == {GREEN})
    (plugins / "one.py").unlink()
    harvester.wait_for_log(" info one: removed$")


def test_leds_after_removal(start: Start, plugins: Path) -> None:
    """Dark, with the next cycle."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    (plugins / "other.py").write_text(COUNTER)
    harvester = start()
    green_then_removed(harvester, plugins)
    harvester.wait_until("the LEDs are dark", lambda: set(world(harvester)["leds"]) == {DARK})


def test_leds_after_removal_of_the_last(start: Start, plugins: Path) -> None:
    """Dark as well, though nobody polls any more."""
    (plugins / "one.py").write_text(DRIVES)
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start()
    green_then_removed(harvester, plugins)
    harvester.wait_until("the LEDs are dark", lambda: set(world(harvester)["leds"]) == {DARK},
                         seconds=3)


# The page

def test_dashboard_is_swapped(start: Start, plugins: Path) -> None:
    """Every answer is a whole page of the plugin, first of the old look, then of the new one."""
    shutil.copytree(ROOT / "plugins" / "dashboard", plugins / "dashboard",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (plugins / "one.py").write_text(COUNTER)
    page = (plugins / "dashboard" / "page.py").read_text()
    looks = [f"/* look {number} */".encode() for number in range(4)]

    def save(look: bytes) -> None:
        (plugins / "dashboard" / "page.py").write_text(f'{page}\nSTYLE += "{look.decode()}"\n')
    save(looks[0])
    harvester = start()
    harvester.wait_until("the page is the plugin's", lambda: looks[0] in harvester.get("/"))
    with Client(harvester, "/") as client:
        for look in looks[1:]:
            save(look)
            harvester.wait_until("the new look", lambda want=look: want in harvester.get("/"))
    assert {status for status, _ in client.answers} == {200}
    seen = [[look in body for look in looks].index(True) for _, body in client.answers]
    assert seen == sorted(seen) and set(seen) >= {0, 1, 2}
    assert all(body.rstrip().endswith(b"</html>") for _, body in client.answers)
    assert not complaints(harvester, "dashboard")


def test_broken_dashboard(start: Start, plugins: Path) -> None:
    """A new look that fails leaves the old one on the page, fresh as ever."""
    source = 'def render(state):\n    return f"<p>GOOD {len(state)} {state}</p>"\n'
    (plugins / "dashboard.py").write_text(source)
    (plugins / "one.py").write_text(COUNTER)
    harvester = start()
    harvester.wait_until("there is a page", lambda: b"<harvester-frame" in harvester.get("/"))
    (plugins / "dashboard.py").write_text("def render(state):\n    return state.nothing\n")
    harvester.wait_for_log(" error dashboard: AttributeError: .*'nothing'")
    page = harvester.get("/page")
    assert b"GOOD" in page
    harvester.wait_until("the page goes on", lambda: harvester.get("/page") != page, seconds=3)
    assert b"GOOD" in harvester.get("/page")
    assert "AttributeError" in harvester.plugin("dashboard")["reload_error"]


# The outputs of one that dies

DIES = """
import os
from wit_world.imports import buzzer_controller, fan_controller, led_controller, state

first = state.get("lived") is None
count = 0

def poll():
    global count
    count += 1
    if first and count == 1:
        led_controller.set_led(3, 0, 255, 0)
        led_controller.set_led(4, 0, 255, 0)
        led_controller.sync_leds()
        buzzer_controller.beep(100, 100, 1)
        fan_controller.set_fan(True)
    if first and count == 10:
        state.set("lived", b"1")
        END
    return {"first": first, "count": count}
"""


@pytest.mark.parametrize("end", ["os.abort()", "while True: pass"])
def test_outputs_of_a_dead_plugin(start: Start, plugins: Path, end: str) -> None:
    """Crashed or hung: the buzzer is silent, the fan is off, its LEDs show the fault colour until
    its next life sets them; the others are left alone.
    """
    (plugins / "one.py").write_text(DIES.replace("END", end))
    (plugins / "one.permission.toml").write_text(ALLOW_ALL)
    harvester = start({"plugins.one": {"deadline_seconds": DEADLINE_SECONDS},
                       "buzzer": {"max_on_seconds": 60}})
    harvester.wait_until("the LEDs are green", lambda: world(harvester)["leds"][4] == GREEN)
    harvester.wait_until("the buzzer sounds", lambda: world(harvester)["relays"]["buzzer"]["on"])
    harvester.wait_until("the fan is on", lambda: world(harvester)["relays"]["fan"]["on"])
    harvester.wait_for_log(" warning one: starts again in 1 s$")
    harvester.wait_for_data("one", "lives again", lambda data: data.get("first") is False)
    after = world(harvester)
    assert after["leds"][2:6] == [DARK, FAULT_COLOR, FAULT_COLOR, DARK]
    assert not after["relays"]["fan"]["on"]
    switched = after["relays"]["buzzer"]["switched"]
    harvester.wait_for_data("one", "counts on", lambda data: data["count"] > 5)
    assert world(harvester)["relays"]["buzzer"] == {**after["relays"]["buzzer"], "on": False}
    assert 0 < switched < 100
