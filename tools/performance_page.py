"""docs/PERFORMANCE.md, made of bench/results.json. tools/docs uses it."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import results  # noqa: E402

HEAD = """
Each figure is the median of several runs; beside it stand the lowest and the highest run. A machine that others use gives
worse figures than it can, so compare ratios, which are between figures of the same run; *on a busy machine* is such a ratio while a
loop runs on each processor (`tools/bench --busy`). Ratios of memory stay; those of times do not, since plugins give way to other
programs (nice 10) and wait for their turns. A *target* is what the project wants; where a figure misses it, the table says so. Simulated chips stand for the real ones: a bus takes the time of its bits, a chip
the time of its data sheet.

`make bench` measures all parts, prints these tables and writes this page again; `tools/bench build --save --only PART` one part.
"""


def number(value: float) -> str:
    """With as many digits as say something."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"


def target(figure: dict[str, object]) -> str:
    """What was wanted, and whether it was reached."""
    if figure["target"] is None:
        return ""
    sign = "≥" if figure.get("at_least") else "≤"
    return f"{sign} {number(figure['target'])}{', **missed**' if figure['missed'] else ''}"  # type: ignore[arg-type]


def row(name: str, figure: dict[str, object], wanted: str) -> str:
    """Of the table."""
    return (f"| {name} | {figure['unit']} | {number(figure['median'])} | "  # type: ignore[arg-type]
            f"{number(figure['minimum'])} … {number(figure['maximum'])} | {figure['runs']} | {wanted} |")  # type: ignore[arg-type]


def write_part(name: str, part: dict[str, object]) -> list[str]:
    """One part: what it measures, where, its plots and its table."""
    machine = part["machine"]
    first, _, rest = part["about"].partition("\n\n")  # type: ignore[attr-defined]
    lines = [f"## {name}", "", " ".join(first.split()), *(["", " ".join(rest.split())] if rest else []), "",
             f"*{part['day']}, commit {machine['commit']}: {machine['cpu']}, {machine['cores']} cores, "  # type: ignore[index]
             f"{machine['memory']}, Linux {machine['kernel']}; load {machine['load_before']:.1f} before the run*", ""]  # type: ignore[index]
    for unit, curves in results.curves(part).items():  # type: ignore[arg-type]
        by = f", by {part['axis']}" if part["axis"] else ""
        lines += [f"![{', '.join(curves)} in {unit}{by}](images/{results.image_name(name, unit)})", ""]
    lines += ["| figure | unit | median | lowest … highest | runs | target |", "|---|---|---|---|---|---|"]
    notes: dict[str, None] = {}
    for figure in part["figures"]:  # type: ignore[attr-defined]
        lines.append(row(figure["name"].strip(), figure, target(figure)))
        if "busy" in figure:
            lines.append(row("the same on a busy machine", figure["busy"] | {"unit": figure["unit"]}, ""))
        if figure["note"]:
            notes[f"- {figure['name'].strip()}: {figure['note']}"] = None
    return [*lines, "", *notes, *([""] if notes else [])]


def write() -> str:
    """The page."""
    lines = ["# Performance", "", "<!-- Made of bench/results.json by tools/docs: run `make bench`. -->", HEAD.strip(), ""]
    for name, part in results.load().items():
        lines += write_part(name, part)
    return "\n".join(lines).rstrip() + "\n"
