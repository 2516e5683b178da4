"""Attacks by what lies in the plugins folder: names, links, kinds of files, sizes."""
import os
import stat
from pathlib import Path

from placing import put

POLL = "def poll():\n    return {'value': 1}\n"


def _folder(folder: Path, name: str, files: dict[str, str]) -> None:
    """A plugin's folder that is whole when it appears."""
    temporary = folder / f"_{name}"
    for file, content in files.items():
        (temporary / file).parent.mkdir(parents=True, exist_ok=True)
        (temporary / file).write_text(content)
    temporary.rename(folder / name)


def name_with_a_space(folder: Path, grant: str) -> None:
    r"""A name with spaces and a shell's characters.

    ends: refused
    says: name with a space \$\(reboot\);&\.py: a plugin's name has letters, digits
    wall: the rules for a name
    """
    put(folder / "name with a space $(reboot);&.py", POLL)


def name_with_a_newline(folder: Path, grant: str) -> None:
    r"""A name that begins a new line in the log and clears the screen.

    ends: refused
    says: \?2026-01-31T12:00:00.000Z error broker: fake\?\[2J\.py: a plugin's name has letters
    wall: the rules for a name; the log's cleaning
    """
    put(folder / "a\n2026-01-31T12:00:00.000Z error broker: fake\x1b[2J.py", POLL)


def name_with_dots(folder: Path, grant: str) -> None:
    r"""A name that could be read as a way out of a folder.

    ends: harmless
    says: "value": 1
    wall: a name is never a path
    """
    put(folder / "name-with-dots.py", POLL)
    put(folder / "...py", POLL)
    put(folder / "..-..-etc.py", POLL)


def name_too_long(folder: Path, grant: str) -> None:
    r"""A name as long as the file system can have.

    ends: refused
    says: a plugin's name has letters, digits, .* and at most 64
    wall: the rules for a name
    """
    put(folder / ("x" * 252 + ".py"), POLL)


def name_in_unicode(folder: Path, grant: str) -> None:
    r"""A name that looks like the neighbour's, that turns its text round, and that is no UTF-8.

    ends: refused
    says: a plugin's name has letters, digits
    wall: the rules for a name
    """
    put(folder / "n\u0435ighbour.py", POLL)
    put(folder / "\u202eyp.x.py", POLL)
    (folder / os.fsdecode(b"\xff\xfe.py")).write_text(POLL)


def name_of_the_host(folder: Path, grant: str) -> None:
    r"""Names under which the log has the host's own lines.

    ends: refused
    says: Web\.py: the name Web is reserved for this program itself
    wall: reserved names
    """
    put(folder / "broker.py", POLL)
    put(folder / "Web.py", POLL)


def link_to_a_file(folder: Path, grant: str) -> None:
    r"""A plugin that is a link to a file outside.

    ends: refused
    says: link-to-a-file\.py: is a symbolic link; plugins have to be real files and folders
    wall: no link is followed
    """
    (folder / "link-to-a-file.py").symlink_to("/etc/passwd")


def link_to_a_folder(folder: Path, grant: str) -> None:
    r"""A plugin's folder that is a link to one outside.

    ends: refused
    says: link-to-a-folder: is a symbolic link; plugins have to be real files and folders
    wall: no link is followed
    """
    (folder / "link-to-a-folder").symlink_to("/etc")


def link_in_a_folder(folder: Path, grant: str) -> None:
    r"""A module that is a link to a secret outside, to be read as source.

    ends: refused
    says: link-in-a-folder/secret\.py.* symbolic link
    wall: no link is followed
    """
    (folder / "_x").mkdir()
    (folder / "_x" / "plugin.py").write_text("import secret\n" + POLL)
    (folder / "_x" / "secret.py").symlink_to("/etc/passwd")
    (folder / "_x").rename(folder / "link-in-a-folder")


def link_that_is_the_plugin(folder: Path, grant: str) -> None:
    r"""A plugin.py that is a link to the neighbour's.

    ends: refused
    says: link-that-is-the-plugin: plugin\.py is a symbolic link
    wall: no link is followed
    """
    (folder / "_x").mkdir()
    (folder / "_x" / "plugin.py").symlink_to("../neighbour.py")
    (folder / "_x").rename(folder / "link-that-is-the-plugin")


def link_to_itself(folder: Path, grant: str) -> None:
    r"""Links that lead to themselves and to the folder above.

    ends: refused
    says: link-to-itself\.py: is a symbolic link
    wall: no link is followed
    """
    (folder / "link-to-itself.py").symlink_to("link-to-itself.py")
    (folder / "up").symlink_to("..")


def link_as_permission(folder: Path, grant: str) -> None:
    r"""A permission file that is a link to a file outside, whose text the error would show.

    ends: refused
    says: link-as-permission: permission\.toml is a symbolic link
    wall: no link is followed
    """
    (folder / "_x").mkdir()
    (folder / "_x" / "plugin.py").write_text(POLL)
    (folder / "_x" / "permission.toml").symlink_to("/etc/passwd")
    (folder / "_x").rename(folder / "link-as-permission")


def fifo_as_plugin(folder: Path, grant: str) -> None:
    r"""A pipe without a writer, in which a reader would wait for ever.

    ends: refused
    says: fifo-as-plugin\.py: is not a regular file
    wall: only regular files are opened
    """
    os.mkfifo(folder / "fifo-as-plugin.py")


def fifo_in_a_folder(folder: Path, grant: str) -> None:
    r"""The same as a module and as a permission file.

    ends: refused
    says: fifo-in-a-folder: permission\.toml is not a regular file
    wall: only regular files are opened
    """
    (folder / "_x").mkdir()
    (folder / "_x" / "plugin.py").write_text("import helper\n" + POLL)
    os.mkfifo(folder / "_x" / "helper.py")
    os.mkfifo(folder / "_x" / "permission.toml")
    (folder / "_x").rename(folder / "fifo-in-a-folder")


def device_as_plugin(folder: Path, grant: str) -> None:
    r"""A device without an end; a socket where nobody may make devices.

    ends: refused
    says: device-as-plugin\.py: is not a regular file
    wall: only regular files are opened
    """
    try:
        os.mknod(folder / "device-as-plugin.py", stat.S_IFCHR | 0o644, os.makedev(1, 5))
    except PermissionError:
        os.mknod(folder / "device-as-plugin.py", stat.S_IFSOCK | 0o644)


def folder_as_component(folder: Path, grant: str) -> None:
    r"""A folder in the place of a component.

    ends: refused
    says: folder-as-component: plugin\.wasm is not a regular file
    wall: only regular files are opened
    """
    (folder / "_x" / "plugin.wasm").mkdir(parents=True)
    (folder / "_x").rename(folder / "folder-as-component")


def permission_of_a_gigabyte(folder: Path, grant: str) -> None:
    r"""A permission file of a gigabyte of zeros.

    ends: refused
    says: permission\.toml.*
    wall: the limit on such a file
    """
    (folder / "_x").mkdir()
    (folder / "_x" / "plugin.py").write_text(POLL)
    with (folder / "_x" / "permission.toml").open("wb") as file:
        file.truncate(2 ** 30)
    (folder / "_x").rename(folder / "permission-of-a-gigabyte")


def permission_nested(folder: Path, grant: str) -> None:
    r"""A permission file that nests arrays until the parser's stack is full.

    ends: refused
    says: permission\.toml:\d+:\d+: .*
    wall: the limit on levels
    """
    _folder(folder, "permission-nested",
            {"plugin.py": POLL, "permission.toml": "allow_i2c = " + "[" * 30_000 + "]" * 30_000})


def permission_of_everything(folder: Path, grant: str) -> None:
    r"""A permission file of fifty thousand wrong keys.

    ends: refused
    says: permission\.toml:\d+:\d+: unknown key .*|larger|too many
    wall: the limits on such a file
    """
    text = "".join(f"allow_{i} = true\n" for i in range(3000))
    _folder(folder, "permission-of-everything", {"plugin.py": POLL, "permission.toml": text})


def source_too_large(folder: Path, grant: str) -> None:
    r"""A source of eight gigabytes without content.

    ends: refused
    says: source-too-large\.py.*(3145728|3 MiB|too large|larger|more than)
    wall: the limit on sources
    """
    with (folder / "_x").open("wb") as file:
        file.truncate(2 ** 33)
    (folder / "_x").rename(folder / "source-too-large.py")


def source_at_the_limit(folder: Path, grant: str) -> None:
    r"""A literal of almost three megabytes.

    ends: harmless
    says: "size": 3000000
    wall: the limit on sources
    """
    text = "TEXT = '" + "x" * 3_000_000 + "'\n\ndef poll():\n    return {'size': len(TEXT)}\n"
    put(folder / "source-at-the-limit.py", text)


def source_of_numbers(folder: Path, grant: str) -> None:
    r"""A list literal of a million numbers, which costs its compiler a hundred times that.

    ends: refused
    says: (MemoryError|trap: .*|loading took longer than its deadline.*)
    wall: the deadline and the limit on linear memory
    """
    text = "LIST = [" + "x," * 1_000_000 + "]\n" + POLL
    put(folder / "source-of-numbers.py", text)


def source_no_text(folder: Path, grant: str) -> None:
    r"""A source that is no UTF-8, with zeros in it.

    ends: refused
    says: source-no-text\.py.*UTF-8
    wall: the rules for sources
    """
    put(folder / "source-no-text.py", b"x = '\xff\xfe\x00'\n" + POLL.encode())


def compiled_module(folder: Path, grant: str) -> None:
    r"""A compiled extension beside the plugin.

    ends: refused
    says: compiled-module/fast\.cpython-311-x86_64-linux-gnu\.so.*
    wall: the rules for sources
    """
    _folder(folder, "compiled-module", {
        "plugin.py": "import fast\n" + POLL, "fast.cpython-311-x86_64-linux-gnu.so": "\x7fELF"})


def modules_two_thousand(folder: Path, grant: str) -> None:
    r"""As many modules as a plugin may have, each importing the next.

    ends: refused
    says: (RecursionError.*|loading took longer than its deadline.*|trap: .*)
    wall: the interpreter's limit on levels; the deadline
    """
    files = {f"m{i}.py": f"import m{i + 1}\n" for i in range(1998)}
    _folder(folder, "modules-two-thousand",
            {**files, "m1998.py": "", "plugin.py": "import m0\n" + POLL})


def modules_too_many(folder: Path, grant: str) -> None:
    r"""Twice as many modules as a plugin may have.

    ends: refused
    says: modules-too-many.*more than 2000
    wall: the limit on modules
    """
    _folder(folder, "modules-too-many",
            {"plugin.py": POLL, **{f"m{i}.py": "" for i in range(4000)}})


def modules_of_the_runtime(folder: Path, grant: str) -> None:
    r"""Modules with the names of the runtime's and of the standard library's.

    ends: harmless
    says: "value": 1
    wall: such names are the runtime's
    """
    lie = "raise SystemExit('mine')\n"
    _folder(folder, "modules-of-the-runtime", {
        "plugin.py": "import json\nimport os\nimport wit_world\n" + POLL, "json.py": lie,
        "os.py": lie, "wit_world/__init__.py": lie, "harvester_runtime/__init__.py": lie,
        "harvester_runtime/errors.py": lie, "componentize_py_types.py": lie, "app.py": lie})


def folders_in_folders(folder: Path, grant: str) -> None:
    r"""A hundred folders, one in another.

    ends: refused
    says: folders-in-folders.*(deep|more than 16)
    wall: the limit on levels
    """
    _folder(folder, "folders-in-folders",
            {"plugin.py": POLL, "/".join(["d"] * 100) + "/m.py": ""})


def plugins_too_many(folder: Path, grant: str) -> None:
    r"""More than a thousand plugins at once, none of which can be started.

    ends: refused
    says: there are 1024 plugins before it, which is the limit
    wall: the limit on plugins
    """
    for i in range(1040):
        (folder / f"p{i:04}.wasm").write_bytes(b"")


def saved_again_and_again(folder: Path, grant: str) -> None:
    r"""A file that changes all the time, to keep the host busy with loading it.

    ends: harmless
    says: "value": 1
    wall: one candidate at a time, and a pause after each change
    """
    for _ in range(300):
        put(folder / "saved-again-and-again.py", POLL)


def swapped_for_a_link(folder: Path, grant: str) -> None:
    r"""A good file that becomes a link between the look at it and its reading.

    ends: refused
    says: swapped-for-a-link\.py.* symbolic link
    wall: the file is opened without following links, and looked at when it is open
    """
    path = folder / "swapped-for-a-link.py"
    for _ in range(100):
        put(path, POLL)
        (folder / "_link").symlink_to("/etc/passwd")
        (folder / "_link").rename(path)


def four_fill_the_table(folder: Path, grant: str) -> None:
    r"""Four plugins of 256 sensors each take all places of the table, before an honest one comes.

    ends: harmless
    says: "value": 1
    wall: each plugin's share of the places
    """
    flood = "def poll():\n    return [{'sensor_id': f'%s-{i}', 'value': i} for i in range(256)]\n"
    for i in range(4):
        put(folder / f"fills-{i}.py", flood % f"fill{i}")
    put(folder / "four-fill-the-table.py", POLL)
