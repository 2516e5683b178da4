"""The headers that tools/wasmtime-headers makes from the wheel say the same as the crate's own."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"\b(?:wasm|wasi|wasmtime)_\w+")
STRUCT = re.compile(r"^(?:struct|union) (\w+) \{\n(.*?)^\};$", re.MULTILINE | re.DOTALL)
CONSTANT = re.compile(r"^#define (WASMTIME_COMPONENT_\w+) \d+$", re.MULTILINE)
# Anonymous in C; ctypes has to name it.
UNNAMED = ("_anon_", "__private")


def prefix(source: str) -> Path:
    """Where the C API from this source is installed."""
    text = subprocess.check_output([ROOT / "tools" / "wasmtime-prefix"], text=True,
                                   env={**os.environ, "HARVESTER_WASMTIME": source})
    return Path(text.strip())


@pytest.fixture(scope="module", name="made")
def _made() -> Path:
    """The headers made from the wheel."""
    subprocess.run([ROOT / "tools" / "setup-wasmtime"], check=True,
                   env={**os.environ, "HARVESTER_WASMTIME": "wheel"})
    return prefix("wheel") / "include"


@pytest.fixture(scope="module", name="official")
def _official() -> Path:
    """The crate's own."""
    folder = prefix("crate") / "include"
    if not (folder / "wasmtime.h").exists():
        pytest.skip("the crate's headers are not here: no cargo, or not built yet")
    return folder


def used() -> set[str]:
    """The names of the C API in src/guest."""
    return {name for path in (ROOT / "src" / "guest").glob("*.[ch]")
            for name in NAME.findall(path.read_text())}


def compile_c(folder: Path, include: Path, text: str) -> Path:
    """A program from this text, with these headers."""
    source, program = folder / "program.c", folder / "program"
    source.write_text("#include <stdio.h>\n#include <wasmtime.h>\n#include <wasi.h>\n" + text)
    subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", f"-I{include}", source, "-o", program],
                   check=True)
    return program


def test_kinds_and_layout(made: Path, official: Path, tmp_path: Path) -> None:
    """Each kind's number, each struct's size, each field's place and size."""
    header = (made / "wasmtime.h").read_text()
    lines = [f'printf("%d {name}\\n", (int){name});' for name in CONSTANT.findall(header)]
    for name, body in STRUCT.findall(header):
        if not name.startswith(("wasmtime_component_", "wasm_byte_vec")) or "_anon_" in name:
            continue
        name = name.removesuffix("_t") + "_t"
        lines.append(f'printf("%zu {name}\\n", sizeof({name}));')
        for field in re.findall(r"(\w+);$", body, re.MULTILINE):
            if not field.startswith(UNNAMED):
                lines.append(f'printf("%zu %zu {name}.{field}\\n", __builtin_offsetof({name}, {field}), '
                             f"sizeof((({name} *)0)->{field}));")
    assert len(lines) > 100
    text = "int main(void)\n{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
    said = [subprocess.check_output([compile_c(tmp_path, include, text)], text=True).splitlines()
            for include in (made, official)]
    assert said[0] == said[1]


def test_signatures(made: Path, official: Path, tmp_path: Path) -> None:
    """Each function and callback that src/guest uses: the compiler takes a second declaration only if it is equal."""
    declared = {}
    for line in (made / "wasmtime.h").read_text().splitlines():
        match = re.match(r"(?!#)[^(]*?\*?(\w+)\(.*\);$|typedef .*\(\*(\w+)\)\(.*\);$", line)
        if match:
            declared[match.group(1) or match.group(2)] = line
    wanted = [declared[name] for name in sorted(used() & declared.keys())]
    assert len(wanted) > 60
    compile_c(tmp_path, official, "\n".join(wanted) + "\nint main(void)\n{\nreturn 0;\n}\n")


def test_nothing_is_missing(made: Path, tmp_path: Path) -> None:
    """src/guest compiles with the made headers, without a warning."""
    for path in sorted((ROOT / "src" / "guest").glob("*.c")):
        subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c",
                        f"-I{ROOT}/src", f"-isystem{made}", path, "-o", tmp_path / "object.o"], check=True)
