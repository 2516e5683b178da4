"""The gates of tools/ fail where they should: each is shown a fault that was planted for it."""
import json
import subprocess
from pathlib import Path

import pytest
from node import BUILD, ROOT


def check(folder: Path, files: dict[str, str], gate: str = "check-docs") -> tuple[int, str]:
    """What a gate says about a repository of these files."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run([ROOT / "tools" / gate, folder], capture_output=True, text=True)
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


WORDS = {"docs/ARCHITECTURE.md": "# A\n\n### Words that are not used\n\n| not | but | allowed |\n|---|---|---|\n"
                                 "| `fleet`, `the host` | node | `the host name` |\n\n## B\n\n| `node` | no row | |\n",
         "README.md": "The host name of a node, and `the host` as code.\n\n    the host in a block\n",
         "src/a.c": '#include "the host.h"\n/* the host in a comment */\nputs("a node");\nputs("fleet");\n',
         "src/a.h": "/* A node. */\nint fleet;\n",
         "web/texts/en.json": '{"fleet.x": "Nodes"}\n'}


def test_good_words(tmp_path: Path) -> None:
    """Neither code, nor a key, nor an allowed phrase is found; each kind of text was checked."""
    assert check(tmp_path, WORDS, "check-words") == (
        0, "words: 2 words looked for in 1 lines of messages, 1 lines of headers, 8 lines of documents, "
           "1 lines of texts of the page; 0 found\n")


@pytest.mark.parametrize("name, text, message", [
    ("src/a.c", 'f("this node of "\n  "the Host");\n', 'src/a.c:2: “the Host”: write node'),
    ("src/a.h", "/*\n * All of the\n * host.\n */\n", "src/a.h:2: “the host”: write node"),
    ("src/a.c", 'f("this is fine");\nerror_set(err, ret, "%s",\n\t  error_text(ret));\n',
     "src/a.c:2: an error with the text of its code alone: write what failed, and where, before it"),
    ("README.md", "One\n\nTwo nodes are a fleet.\n", "README.md:3: “fleet”: write node"),
    ("docs/b.md", "A [fleet](docs/fleet.md)\n", "docs/b.md:1: “fleet”: write node"),
    ("web/texts/en.json", '{"nodes.x": "Fleet"}\n', "web/texts/en.json:1: “Fleet”: write node"),
    ("web/pages/a.html", "<p class=a>A\nfleet</p>\n", "web/pages/a.html:2: “fleet”: write node"),
    ("web/openapi.json", '{"title": "fleet",\n "summary": "Every fleet"}\n', "web/openapi.json:2: “fleet”: write node"),
])
def test_a_planted_word(tmp_path: Path, name: str, text: str, message: str) -> None:
    """It is named with its line and what to write instead, and the gate fails."""
    code, output = check(tmp_path, {**WORDS, name: text}, "check-words")
    assert (code, output.splitlines()[:-1]) == (1, [message])


@pytest.mark.parametrize("name", [name for name in WORDS if not name.endswith("README.md")])
def test_no_words_to_check_is_a_failure(tmp_path: Path, name: str) -> None:
    """Without the list of words, or without one kind of text, the gate would pass for ever."""
    code, output = check(tmp_path, {key: text for key, text in WORDS.items() if key != name}, "check-words")
    assert code == 1 and output.endswith("; 0 found\n")


SOURCED = {"README.md": "# A\n\nA start takes <!-- figure: start/first -->12.0 ms, see `src/limit.h`.\n",
           "docs/limits.md": "# B\n\n## Limits\n\n<!-- source: src/limit.h -->\n\nAt most 5 MB.\n\n## Others\n\n"
                             "<!-- source: src/limit.h -->\n| what | kB |\n|---|---|\n| a file, after 3 s | 4 |\n\n"
                             "A flood of 7 kB/s (`src/limit.h`).\n\n    1 s in a block\n",
           "src/limit.h": "", "bench/results.json": '{"start": {"figures": [{"name": "first", "median": 12}]}}'}


def test_figures_with_sources(tmp_path: Path) -> None:
    """Each kind of source."""
    assert check(tmp_path, SOURCED, "figures.py") == (0, "figures: 4 checked, 0 without a source\n")


@pytest.mark.parametrize("name, old, new, message", [
    ("README.md", "<!-- figure: start/first -->", "", ""),
    ("README.md", "start/first -->12.0", "start/second -->?", "README.md:3: bench/results.json has no such figure, or several"),
    ("docs/limits.md", "\n## Others\n", "\n## Others\n\nAt most 3 ms.\n",
     "docs/limits.md:11: 3 ms: name the source in this paragraph or row (tools/figures.py says how)"),
    ("docs/limits.md", "At most 5 MB", "A node took 5 MB, measured once",
     "docs/limits.md:7: 5 MB: name the source in this paragraph or row (tools/figures.py says how)"),
    ("docs/limits.md", "src/limit.h", "src/none.h", "docs/limits.md:5: the source src/none.h is no file of the repository"),
    ("docs/limits.md", "<!-- source: src/limit.h -->\n|", "|",
     "docs/limits.md:11: name the source of the table's columns, in a comment before it"),
])
def test_a_planted_figure(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    """It is named with its line, and the gate fails; a path in the same paragraph is a source, too."""
    code, output = check(tmp_path, {**SOURCED, name: SOURCED[name].replace(old, new, 1)}, "figures.py")
    assert code == (1 if message else 0)
    assert not message or message in output.splitlines()


TABLE = """| folder | what | but not |
|---|---|---|
| `src/base` | the lowest | |
| `src/link/spoke` | one subfolder | |
| `src/link/hub` | the other | |
| `src/http` | a peer | `link` |
| `src/http/main.c` | a file of its own, of at most 1 lines | |
"""
LAYERS = {"docs/ARCHITECTURE.md": TABLE,
          "src/base/text.h": "int text_size(void);\n",
          "src/base/text.c": '#include "base/text.h"\nint text_size(void)\n{\n\treturn 1;\n}\n',
          "src/link/spoke/spoke.c": '#include "base/text.h"\nint spoke_size(void);\nint spoke_size(void)\n{\n\treturn text_size();\n}\n',
          "src/link/hub/hub.c": "int spoke_size(void);\nint hub_size(void);\nint hub_size(void)\n{\n\treturn spoke_size();\n}\n"}


def check_includes(folder: Path, files: dict[str, str], build: bool = True) -> tuple[int, list[str]]:
    """What tools/check-includes says about a tree of these files, compiled as ninja would."""
    entries = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.suffix == ".c" and build:
            made = name.replace("/", "_") + ".o"
            subprocess.run(["cc", "-c", "-I", folder / "src", "-o", folder / made, path], check=True)
            entries.append({"directory": str(folder), "file": name, "output": made})
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    done = subprocess.run([ROOT / "tools" / "check-includes", "--root", folder, folder], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def test_good_layers(tmp_path: Path) -> None:
    """A higher row uses a lower one, by an include and by a call."""
    assert check_includes(tmp_path, LAYERS) == (
        0, ["includes: 2 checked, 0 wrong", "limits: 1 checked, 0 wrong", "calls: 2 checked, 0 wrong"])


@pytest.mark.parametrize("name, text, message", [
    ("src/base/up.c", '#include "link/spoke/spoke.h"\n', "src/base/up.c:1: base may not include link/spoke/spoke.h"),
    ("src/link/spoke/up.c", '#include "link/hub/hub.h"\n', "src/link/spoke/up.c:1: link/spoke may not include link/hub/hub.h"),
    ("src/http/peer.c", '#include "link/hub/hub.h"\n', "src/http/peer.c:1: http may not include link/hub/hub.h"),
    ("src/http/main.c", '#include "link/hub/hub.h"\n', "src/http/main.c:1: http/main.c may not include link/hub/hub.h"),
    ("src/http/main.c", '#include "base/text.h"\nint main(void);\n',
     "src/http/main.c: 2 lines are above its limit of 1: move what has an object of its own into that object's folder"),
    ("src/disk/a.c", "", "src/disk/a.c: its folder has no row in docs/ARCHITECTURE.md"),
    ("src/base/engine.c", "#include <wasmtime.h>\n", "src/base/engine.c:1: only guest/ includes the engine"),
    ("src/http/late.c", "\tnow = clock_unix_ms(clock_system());\n",
     "src/http/late.c:1: it uses clock_system(): take the clock from the creator"),
    ("src/http/peek.c", '#include "base/internal.h"\n', "src/http/peek.c:1: base/internal.h is for the files of base"),
    ("src/http/peek.c", '#include "base/table_private.h"\n',
     "src/http/peek.c:1: base/table_private.h: call it base/internal.h, the one private header of its folder"),
])
def test_a_planted_include(tmp_path: Path, name: str, text: str, message: str) -> None:
    """It is named, and the gate fails."""
    code, lines = check_includes(tmp_path, {**LAYERS, name: text}, build=False)
    assert code == 1
    assert message in lines


@pytest.mark.parametrize("name, text, message", [
    ("src/link/spoke/up.c", "int hub_size(void);\nint up(void);\nint up(void)\n{\n\treturn hub_size();\n}\n",
     "src/link/spoke/up.c: link/spoke may not use hub_size of src/link/hub/hub.c"),
    ("src/base/table.c", "int hub_size(void);\nint (*const sizes[])(void) = {hub_size};\n",
     "src/base/table.c: base may not use hub_size of src/link/hub/hub.c"),
])
def test_a_planted_call(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A function that is declared where it is used, called or put into a table of pointers."""
    code, lines = check_includes(tmp_path, {**LAYERS, name: text})
    assert code == 1
    assert message in lines


def test_no_includes_and_no_objects_are_a_failure(tmp_path: Path) -> None:
    """A gate that selects nothing would pass for ever."""
    code, lines = check_includes(tmp_path, LAYERS, build=False)
    assert code == 1 and lines[-1] == "calls: 0 checked, 0 wrong"
    code, lines = check_includes(tmp_path / "empty", {"docs/ARCHITECTURE.md": TABLE})
    assert code == 1 and lines[0] == "includes: 0 checked, 0 wrong"


def test_every_unit_test_is_built() -> None:
    """A file that no meson.build lists is never compiled, and never fails. A test of what this build leaves out may be
    left out with it.
    """
    targets = json.loads((BUILD / "meson-info" / "intro-targets.json").read_text())
    built = {source for target in targets for group in target["target_sources"] for source in group.get("sources", [])}
    units = ROOT / "tests" / "unit"
    tests = [path for path in units.rglob("*.c") if "int main(" in path.read_text()
             and not ((own := ROOT / "src" / path.relative_to(units)).exists() and str(own) not in built)]
    assert tests and not [str(path.relative_to(ROOT)) for path in tests if str(path) not in built]


TEXTS = {"web/texts/en.json": '{"a.one": "One {x}", "a.two": {"one": "1", "other": "{n}"}}',
         "web/texts/de.json": '{"a.one": "Eins {x}", "a.two": {"one": "1", "other": "{n}"}}',
         "web/js/a.js": "text('a.one', {x}); text('a.two', {n});\n"}


def test_good_texts(tmp_path: Path) -> None:
    """Every language says the same, and the page uses all of it."""
    assert check(tmp_path, TEXTS, "check-texts") == (0, "check-texts: 4 texts in 2 languages\n")


@pytest.mark.parametrize("name, text, message", [
    ("web/texts/de.json", '{"a.one": "Eins {x}"}', "web/texts/de.json: a.two is missing"),
    ("web/texts/de.json", '{"a.one": "Eins {y}", "a.two": {"one": "1", "other": "{n}"}}',
     "web/texts/de.json: a.one has not the {names} of en.json: ['x']"),
    ("web/texts/de.json", '{"a.one": "Eins {x}", "a.two": "{n}"}', "web/texts/de.json: a.two has not the forms of en.json"),
    ("web/js/a.js", "text('a.one'); text('a.two'); text('a.three');", "web/: the text a.three is not in web/texts/en.json"),
    ("web/js/a.js", "text('a.one');", "web/texts/en.json: a.two is used nowhere in web/"),
])
def test_planted_texts(tmp_path: Path, name: str, text: str, message: str) -> None:
    """Each fault is named, and the gate fails."""
    code, output = check(tmp_path, {**TEXTS, name: text}, "check-texts")
    assert (code, output.splitlines()[:-1]) == (1, [message])


def test_no_texts_to_check_is_a_failure(tmp_path: Path) -> None:
    """Else the gate would pass for ever."""
    assert check(tmp_path, {"README.md": ""}, "check-texts")[0] == 1
