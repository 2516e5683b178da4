"""The figures of the matrix: as a table for people, as JSON, and as README.md."""
import argparse
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIGURES = ROOT / "build-test-logs" / "fair.json"
README = HERE / "README.md"

HEAD = """# Fair shares

Whatever a plugin does, its neighbours stay on time. Each cell of this matrix floods one resource with 1, 4 or 16
plugins (floods/) on a fresh node that is a spoke of a hub, beside honest plugins (honest/), clients of its events and its
API, for `page` a page in Chromium, and a plugin that comes later. `make test` runs each flood alone for some seconds;
`make test-fair` runs all of it, each cell two or three times: a bar is missed if it is in two of three. With
`tools/test-fair --beside=200` two hundred of the benchmark's plugins run beside them all.

Counts have to be zero: polls missed by the honest plugins, readings that they numbered and that are not in the history, on
the hub, or among the events, deaths, errors, and readings that somebody else gave in their names. The latecomer has a reading, a
display is shown the state, `/metrics` has the honest plugin's values, and the flood is named as the reason on its card, its
sensor, in `harvester plugin list` or in the log. Ratios are of the same node before the flood, and are judged by `make
test-fair` alone, as a machine may be busy with other things: a poll (median) at most 3 times as long, the API's
99th percentile at most 10 times, above 5 ms; and of the disk, what the table of shares in docs/SECURITY.md allows.

A flood whose file names a `bug` is one that neighbours notice today; its test is expected to fail.

This file is written by `tools/fair-readme` from the last run.

"""
TITLES = ("flood", "plugins", "missed", "lost", "on the hub", "not shown", "killed", "poll, ms", "times", "API p99, ms", "times",
          "kB/s written", "link, s", "named")


def save(results: list[Any]) -> None:
    """Keep the figures."""
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps([figures.to_json() for figures in results], indent=1) + "\n")


def _row(one: dict[str, Any]) -> list[str]:
    return [one["resource"], str(one["floods"]), str(one["missed"]), str(one["lost"]), str(one["lost_on_hub"]),
            str(one["not_shown"]), str(one["killed"]), f"{one['poll_alone_ms']:.0f} → {one['poll_beside_ms']:.0f}",
            f"{one['poll_ratio']:.1f}", f"{one['api_alone_ms']:.1f} → {one['api_beside_ms']:.1f}", f"{one['api_ratio']:.1f}",
            f"{one['written_kb']:.0f}", f"{one['link_seconds']:.1f}", one["named"] or "no"]


def table(results: list[Any]) -> str:
    """For a terminal: the figures, then what was not met."""
    rows = [list(TITLES), *(_row(figures.to_json()) for figures in results)]
    for row in rows:
        row[-1] = row[-1][:60]
    widths = [max(len(row[i]) for row in rows) for i in range(len(TITLES))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    for one in results:
        for what in (*one.late(), *one.broken(), *one.slow()):
            lines.append(f"{one.resource} × {one.floods}: {what} (seed {one.seed})")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def readme(figures: list[dict[str, Any]]) -> str:
    """README.md."""
    lines = [HEAD + "| " + " | ".join(TITLES) + " |", "|---" * len(TITLES) + "|"]
    lines += ["| " + " | ".join(map(_cell, _row(one))) + " |" for one in figures]
    met = sum(not one["broken"] and not one["slow"] for one in figures)
    lines += ["", f"{len(figures)} runs, {met} within all bars."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Show the figures of the last run, or write the README from them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", action="store_true", help="write tests/fair/README.md")
    figures = json.loads(FIGURES.read_text())
    text = readme(figures)
    if parser.parse_args().write:
        README.write_text(text)
    print(text.splitlines()[-1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
