"""Bundle the page's files and write them as C: bundle.py OUTPUT.c DEPFILE [FOLDER].

esbuild bundles and minifies scripts and styles. If FOLDER is given, which must not exist yet, the same
files are also written there, for the server of the tests.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WEB = Path(__file__).resolve().parent
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml",
         ".webmanifest": "application/manifest+json"}
# The scripts that pages load; what they share goes into files of its own.
ENTRIES = ("harvester.js", "account_page.js", "service-worker.js")
# The most bytes of all files together, compressed as a browser gets them.
BYTES_MAX = 150_000


def bundle(folder: Path) -> None:
    """Bundle scripts and styles with esbuild. The npm packages are those that tools/setup has installed."""
    modules = Path(subprocess.check_output([WEB.parent / "tools" / "web-modules"],
                                           text=True).strip()) / "node_modules"
    if not modules.is_dir():
        sys.exit(f"{modules} is missing: run tools/setup")
    # The program itself: its wrapper in the package esbuild would need Node.
    esbuild = next(modules.glob("@esbuild/linux-*/bin/esbuild"))
    subprocess.run(
        [esbuild, *(WEB / "js" / name for name in ENTRIES), WEB / "harvester.css", "--bundle", "--minify", "--splitting", "--format=esm",
         "--target=chrome123,firefox121,safari17.5", "--chunk-names=[name]-[hash]",
         "--entry-names=[name]", "--legal-comments=none", "--charset=utf8",
         "--log-level=warning", f"--outdir={folder}"],
        check=True, env={**os.environ, "NODE_PATH": str(modules)})
    for path in (WEB / "static").iterdir():
        shutil.copy(path, folder)
    for page in (WEB / "pages").glob("*.html"):
        text = re.sub(r"\n\s*", "\n", page.read_text())
        (folder / page.name).write_text(text)


def rows(data: bytes) -> str:
    """The bytes as the lines of a C array."""
    return ",\n".join("\t" + ", ".join(map(str, data[i:i + 16])) for i in range(0, len(data), 16))


def to_c(files: list[Path]) -> str:
    """The table that src/http/pages/asset.c serves, ordered by path."""
    arrays, entries = [], []
    for i, path in enumerate(files):
        data = path.read_bytes()
        tag = hashlib.sha256(data).hexdigest()[:16]
        is_page = path.suffix == ".html" or path.name == "service-worker.js"
        name = path.name if is_page else f"/assets/{path.name}"
        arrays.append(f"static const unsigned char data_{i}[] = {{\n{rows(data)}\n}};\n")
        entries.append(f'\t{{"{name}", "{TYPES[path.suffix]}", "{tag}", data_{i}, sizeof(data_{i})}},\n')
    return ('#include "http/pages/asset.h"\n\n' + "\n".join(arrays)
            + "\nconst struct web_asset web_assets[] = {\n" + "".join(entries) + "};\n"
            + "const size_t web_assets_count = sizeof(web_assets) / sizeof(*web_assets);\n")


def main() -> None:
    """Bundle, check the size, and write the C file and the depfile."""
    output, depfile, *folders = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle(folder)
        files = sorted(folder.iterdir())
        size = sum(len(gzip.compress(path.read_bytes())) for path in files)
        if size > BYTES_MAX:
            sys.exit(f"the files of the page have {size} bytes when compressed, but may have {BYTES_MAX} at most")
        Path(output).write_text(to_c(files))
        if folders:
            shutil.copytree(folder, folders[0])
    inputs = [path for path in WEB.rglob("*") if path.suffix in {*TYPES, ".json", ".py"}]
    Path(depfile).write_text(f"{output}: " + " ".join(map(str, inputs)) + "\n")


main()
