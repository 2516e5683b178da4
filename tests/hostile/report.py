"""The figures of the attacks: as a table for people, as JSON, and as README.md."""
import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIGURES = ROOT / "build-test-logs" / "hostile.json"
README = HERE / "README.md"

HEAD = """# The hostile suite

Each attack runs against the real programs, beside a neighbour that is polled every 100 ms and must
not notice. `make test` runs them all; an attack's own file says what it tries and what must happen.
For each: the broker lives and answers, the neighbour's process and polls go on, the attacker is
stopped or refused with a reason or does no harm, and the broker's memory, descriptors and processes
go back to what they were.

`plugin`: a Python plugin (plugins/). `file`: what lies in the plugins folder (files.py).
`component`: WebAssembly written by hand (components.py). `guest`: an attacker who has taken the
guest's process over, with no second wall around it (guests/). `outsider`: who attacks a node's API, its
owner's decisions or its hub, each on nodes of its own and without the neighbour (outsiders.py).

An attack that succeeds today is marked so, and its test is expected to fail.

This file is written by `tools/hostile-readme` from the suite's last run.

"""


def save(results: list[Any]) -> None:
    """Keep the figures."""
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps({"summary": summary(results), "attacks": [
        asdict(result) for result in results]}, indent=1) + "\n")


def summary(results: list[Any]) -> dict[str, Any]:
    """The worst of them all, and the share of late polls."""
    late = sorted(ms for result in results for ms in result.late_ms)
    stops = sorted(r.stop_late_ms for r in results if r.stop_late_ms is not None)
    return {
        "attacks": len(results),
        "polls of the neighbour": len(late),
        "late at the 50th percentile, ms": late[len(late) // 2] if late else None,
        "late at the 99th percentile, ms (target 20)":
            late[max(0, -(-len(late) * 99 // 100) - 1)] if late else None,
        "latest, ms": late[-1] if late else None,
        "stopped after the deadline, median, ms": stops[len(stops) // 2] if stops else None,
        "stopped after the deadline, worst, ms (target 100)": stops[-1] if stops else None,
        "slowest answer of the API, ms": round(max(r.api_max_ms for r in results), 1),
        "broker's memory, highest above before, kB": max(r.rss_peak_kb for r in results),
        "broker's memory, most left behind, kB": max(r.rss_growth_kb for r in results),
        "broker's descriptors, most left behind": max(r.descriptors_growth for r in results),
    }


def _row(r: Any) -> str:
    stop = "" if r.stop_late_ms is None else f"+{r.stop_late_ms}"
    return (f"{r.kind + ' ' + r.name:44} {r.ends:9} {r.late_p99_ms:8} {stop:>6} "
            f"{r.api_max_ms:7.1f} {r.rss_peak_kb:8} {r.rss_growth_kb:8}")


def table(results: list[Any]) -> str:
    """For a terminal."""
    lines = [f"{'attack':44} {'ends':9} {'late p99':>8} {'stop':>6} {'API':>7} {'peak kB':>8} "
             f"{'left kB':>8}", *map(_row, results), "",
             *(f"{key}: {value}" for key, value in summary(results).items())]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def readme(figures: dict[str, Any]) -> str:
    """README.md."""
    lines = [HEAD + "| kind | attack | what it tries | its wall | ends | what was said |",
             "|---|---|---|---|---|---|"]
    for one in figures["attacks"]:
        lines.append(f"| {one['kind']} | {one['name']} | {_cell(one['tries'])} | "
                     f"{_cell(one['wall'])} | "
                     f"{'**succeeds**' if one['bug'] else one['ends']} | "
                     f"{_cell(one['bug'] or one['said'][:120])} |")
    stopped = sum(not one["bug"] for one in figures["attacks"])
    lines += ["", f"{len(figures['attacks'])} attacks, {stopped} without success."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Show the figures of the last run, or write the README from them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", action="store_true", help="write tests/hostile/README.md")
    figures = json.loads(FIGURES.read_text())
    if parser.parse_args().write:
        README.write_text(readme(figures))
    for key, value in figures["summary"].items():
        print(f"{key}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
