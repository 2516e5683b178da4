"""Packages that differ from the built one in their version alone."""
import subprocess
from pathlib import Path


def with_version(package: Path, version: str, folder: Path) -> Path:
    """The same package with another version, compressed quickly."""
    tree, result = folder / f"tree-{version}", folder / f"harvester_{version}.deb"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = [f"Version: {version}" if line.startswith("Version: ") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, result], check=True, stdout=subprocess.DEVNULL)
    return result
