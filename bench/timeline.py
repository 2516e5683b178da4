"""Where the time goes: from exec to the first reading of a plugin, and from a save to the reading by the new version.

By the system calls that end each part, from strace, which makes each of them slower by some hundredths of a millisecond: the
shares are the point, the parts start and reload have the times without it. The data folder is that of a start before.
"""
import pathlib
import re
import shutil
import time

import reload
from node import ROOT, Node
from report import Bench, Figure

SPANS = True  # drawn as bars, one behind the other
RUNS = 5
PLUGIN = ROOT / "bench" / "plugins" / "metronome.py"
CALLS = "execve,vfork,seccomp,epoll_create1,write,read"  # few, and none of the linker's
LOG = r'write\(2, "\S+ '
LAST_PARTS = (("fork", r'write\(\d+, "\\0", 1'), ("lockdown", r"seccomp\(SECCOMP_SET_MODE_FILTER, 0"),
              ("load: the plugin's source runs", LOG + r"debug \S+: starting -> idle"))
START = (("program, libraries, configuration", r"epoll_create1\("), ("data folder and stores", r"epoll_create1\("),
         ("web server, scan of the plugins", r'execve\("[^"]*/harvester-guest"'), ("template: engine and Python, warm", r"vfork\("),
         *LAST_PARTS, ("first poll", LOG + r"info metronome: (?!found)"))
SAVE = (("the kernel tells the broker", r'(?:read\(\d+, |<\.\.\. read resumed>)".*[^.]saved\.py\\0'),
        ("end of the events, scan", LOG + r"info saved: changed"),
        ("source read, fork asked for", r"vfork\("), *LAST_PARTS,
        ("poll of the new version", LOG + r"info saved: version 1\\n"))


def read_whole(trace: pathlib.Path) -> list[str]:
    """Its lines, once strace has written the end of the broker."""
    while True:
        lines = trace.read_text(errors="replace").splitlines()
        broker = lines[0].split()[0]
        if any(line.startswith(f"{broker} ") and "+++ exited" in line for line in lines[-20:]):
            return lines
        time.sleep(0.05)


def spans(trace: pathlib.Path, began: float, parts: tuple[tuple[str, str], ...]) -> dict[str, float]:
    """Part: its milliseconds. Each part ends with the first call after the part before that matches."""
    found: dict[str, float] = {}
    left = list(parts)
    for line in read_whole(trace):
        _, stamp, call = line.split(None, 2)
        if left and float(stamp) >= began and re.match(left[0][1], call):
            found[left.pop(0)[0]] = 1000 * (float(stamp) - began)
            began = float(stamp)
    if left:
        raise RuntimeError(f"strace shows no end of “{left[0][0]}”")
    return found


def one_run(bench: Bench, plugins: dict[str, pathlib.Path]) -> tuple[pathlib.Path, float]:
    """The trace of one node, and when it was started or, without plugins, a plugin was saved again."""
    trace = bench.folder / "trace"
    before = ("strace", "-D", "-f", "--seccomp-bpf", "-ttt", "-s", "400", "-e", "signal=none", "-e", f"trace={CALLS}", "-o", str(trace))
    settings = '[logging]\nlevel = "debug"\n'
    with Node(bench, plugins, 0.05, settings, data=bench.folder / "timeline" / "data", before=before) as node:
        if plugins:
            node.wait_for("first reading", lambda: [1 for line in node.lines if line[2] == "metronome" and "late" in line[3]])
            return trace, node.started
        reload.save(node, 0)
        node.wait_for("version 0", lambda: reload.first_reading(node, 0, 0))
        saved = time.time()
        reload.save(node, 1)
        node.wait_for("version 1", lambda: reload.first_reading(node, 1, 0))
        return trace, saved


def measure(bench: Bench) -> list[Figure]:
    """Both, each part a figure."""
    if not shutil.which("strace"):
        raise RuntimeError("strace is missing: apt install strace")
    (bench.folder / "timeline").mkdir()
    one_run(bench, {"metronome": PLUGIN})
    figures = []
    for name, plugins, parts in (("start", {"metronome": PLUGIN}, START), ("save", {}, SAVE)):
        runs = [spans(*one_run(bench, plugins), parts) for _ in range(bench.runs(RUNS))]
        figures += [Figure(f"{name}: {part}", "ms", [run[part] for run in runs], curve=name, at=number)
                    for number, (part, _) in enumerate(parts)]
        figures.append(Figure(f"{name}: all of it", "ms", [sum(run.values()) for run in runs]))
    return figures
