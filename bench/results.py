"""bench/results.json: the latest figures of each part, each with the machine and the commit that it was measured on."""
import json
import pathlib
import time
import types
from typing import Any

from node import ROOT
from report import Figure

FILE = ROOT / "bench" / "results.json"
IMAGES = ROOT / "docs" / "images"
WIDTH_INCHES, HEIGHT_INCHES = 6.0, 3.2  # readable on a phone, where the page is 390 points wide
MARKERS = "os^Dv"


def load() -> dict[str, Any]:
    """Part: its text, machine and figures."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def save(name: str, part: types.ModuleType, machine: dict[str, Any], figures: list[Figure]) -> None:
    """Put one part's figures into the file, instead of those that it had."""
    content = load()
    content[name] = {"about": (part.__doc__ or "").strip(), "axis": getattr(part, "AXIS", ""),
                     **({"spans": True} if getattr(part, "SPANS", False) else {}),
                     "day": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine,
                     "figures": [figure.to_json() for figure in figures]}
    FILE.write_text(json.dumps(dict(sorted(content.items())), indent=1) + "\n")


def save_busy(name: str, figures: list[Figure]) -> None:
    """Put a part's ratios on a busy machine beside those that the file has of it."""
    content = load()
    ratios = {figure.name: figure.to_json() for figure in figures if figure.unit == "ratio"}
    for figure in content[name]["figures"]:
        if busy := ratios.get(figure["name"]):
            figure["busy"] = {key: busy[key] for key in ("minimum", "median", "maximum", "runs")}
    FILE.write_text(json.dumps(content, indent=1) + "\n")


def curves(part: dict[str, Any]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Unit: the curves with that unit, each as its figures. One unit makes one plot."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for figure in part["figures"]:
        if figure["curve"]:
            found.setdefault(figure["unit"], {}).setdefault(figure["curve"], []).append(figure)
    return found


def image_name(part: str, unit: str) -> str:
    """The file with the plot of that unit."""
    return f"bench-{part}-{''.join(c if c.isalnum() else '-' for c in unit)}.svg"


def draw_spans(pyplot: Any, unit: str, lines: dict[str, list[dict[str, Any]]]) -> Any:
    """Bars one behind the other, a picture a curve: the parts of a span of time."""
    heights = [len(points) for points in lines.values()]
    figure, pictures = pyplot.subplots(len(lines), 1, figsize=(WIDTH_INCHES, 0.3 * sum(heights) + 1.2),
                                       gridspec_kw={"height_ratios": heights}, squeeze=False)
    for axes, (curve, points) in zip(pictures[:, 0], lines.items()):
        began = 0.0
        for number, point in enumerate(points):
            axes.barh(number, point["median"], left=began)
            began += point["median"]
            axes.text(began, number, f" {point['median']:.1f}", va="center")
        names = [point["name"].removeprefix(f"{curve}: ") for point in points]
        axes.set(title=curve, yticks=range(len(points)), yticklabels=names, xlim=(0, 1.15 * began))
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        axes.set_xlabel(unit)
    return figure


def draw() -> None:
    """Draw every plot of the file: a line a curve, its bars from the lowest to the highest run, or the parts of spans.

    In a process of its own with Debian's Python, which has the package.
    """
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "harvester"  # the same figures give the same file
    from matplotlib import pyplot

    for name, part in load().items():
        for unit, lines in curves(part).items():
            if part.get("spans"):
                figure = draw_spans(pyplot, unit, lines)
                figure.tight_layout()
                figure.savefig(IMAGES / image_name(name, unit), metadata={"Date": None})
                pyplot.close(figure)
                continue
            figure, axes = pyplot.subplots(figsize=(WIDTH_INCHES, HEIGHT_INCHES))
            for marker, (curve, points) in zip(MARKERS * 4, lines.items()):
                middle = [point["median"] for point in points]
                spread = [[point["median"] - point["minimum"] for point in points],
                          [point["maximum"] - point["median"] for point in points]]
                axes.errorbar([point["at"] for point in points], middle, spread, label=curve,
                              marker=marker, capsize=3)
            axes.set(xlabel=part["axis"], ylabel=unit, ylim=(0, None))
            axes.grid(alpha=0.3)
            axes.legend()
            figure.tight_layout()
            figure.savefig(IMAGES / image_name(name, unit), metadata={"Date": None})
            pyplot.close(figure)


if __name__ == "__main__":
    draw()
