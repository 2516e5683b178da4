"""Figures and how they are shown."""
import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import textwrap
from typing import Any

WIDTH = 100


@dataclasses.dataclass
class Bench:
    """What every part of the bench needs to know."""

    build: pathlib.Path
    folder: pathlib.Path  # for whatever the parts write; removed at the end
    quick: bool
    peer: Any = None  # native.Peer: the plain Python process to compare with

    def runs(self, usual: int) -> int:
        """How often to measure."""
        return max(2, usual // 4) if self.quick else usual


@dataclasses.dataclass
class Figure:
    """One measured thing: a value of each run, and the target where there is one."""

    name: str
    unit: str
    values: list[float]
    target: float | None = None
    at_least: bool = False  # the target is the lowest good value, not the highest
    note: str = ""
    # A point of a curve: the curve's name, and where on its axis. The axis' name is the part's AXIS.
    curve: str = ""
    at: float = 0

    @property
    def median(self) -> float:
        """What is compared with the target."""
        return statistics.median(self.values)

    @property
    def is_missed(self) -> bool:
        """Does the median miss the target?"""
        if self.target is None:
            return False
        return self.median < self.target if self.at_least else self.median > self.target

    def to_json(self) -> dict[str, Any]:
        """For the file."""
        return {"name": self.name, "unit": self.unit, "target": self.target,
                "minimum": min(self.values), "median": self.median, "maximum": max(self.values),
                "runs": len(self.values), "missed": self.is_missed, "note": self.note,
                "at_least": self.at_least, "curve": self.curve, "at": self.at}


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = ">=" if figure.at_least else "<="
    return f"{sign} {_number(figure.target)}{' MISSED' if figure.is_missed else ''}"


def table(name: str, text: str, figures: list[Figure]) -> str:
    """One part's figures as text, its notes below."""
    lines = ["", f"{name}: {text.partition(chr(10))[0]}",
             f"  {'':46} {'median':>9} {'target':<16} {'minimum':>9} {'maximum':>9}  runs"]
    notes: dict[str, None] = {}
    for figure in figures:
        values = [_number(value) for value in (min(figure.values), max(figure.values))]
        lines.append(f"  {figure.name + ', ' + figure.unit:46} {_number(figure.median):>9} "
                     f"{_target(figure):<16} {values[0]:>9} {values[1]:>9}  {len(figure.values):4}")
        if figure.note:
            notes[f"{figure.name}: {figure.note}"] = None
    for note in notes:
        lines += textwrap.wrap(note, WIDTH, initial_indent="  * ", subsequent_indent="    ")
    return "\n".join(lines)


def _first_line(path: str, start: str) -> str:
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(start):
            return line.partition(":")[2].strip()
    return "unknown"


def describe_machine() -> dict[str, Any]:
    """The machine that the figures are of, and how busy it was."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True,
                            text=True, cwd=pathlib.Path(__file__).parent, check=False)
    return {"cpu": _first_line("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "architecture": platform.machine(), "kernel": platform.release(),
            "memory": _first_line("/proc/meminfo", "MemTotal"),
            "load_before": os.getloadavg()[0], "python": platform.python_version(),
            "commit": commit.stdout.strip() or "unknown"}


def machine_text(machine: dict[str, Any]) -> str:
    """The same in two lines; a busy machine is told, since it makes every figure worse."""
    text = (f"{machine['cpu']}, {machine['cores']} cores, {machine['architecture']}, "
            f"{machine['memory']}, Linux {machine['kernel']}, commit {machine['commit']}\n"
            f"load before the first measurement: {machine['load_before']:.2f}")
    if machine["load_before"] > 0.5:
        text += " (others were using this machine: expect worse figures than it can give)"
    return text
