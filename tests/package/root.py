"""A small Debian that the package is installed in: unpacked once, and for each test a fresh layer above it."""
import os
import shlex
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HARVESTER_BUILD", REPOSITORY / "build")).resolve()
PATIENCE = 300
"""Seconds; only a test that hangs reaches them."""
INSTALLED = "install ok installed"


def find_package() -> Path:
    """What `make deb` left."""
    found = sorted(BUILD.glob("harvester_*.deb"))
    assert len(found) == 1, f"{BUILD} has {len(found)} packages: run `make deb`"
    return found[0]


def architecture(package: Path) -> str:
    """What dpkg calls it, such as "arm64"."""
    return subprocess.run(["dpkg-deb", "-f", package, "Architecture"], capture_output=True, text=True, check=True).stdout.strip()


class Root:
    """One installation of Debian, as a layer above `base`. What a command changes stays for the next one."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.base, self.folder = base, folder
        self.upper = folder / "upper"
        for name in ("upper", "work", "merged"):
            (folder / name).mkdir(parents=True)

    def command(self, script: str, before: str = "") -> list[str]:
        """The words that run a shell script inside; `before` runs outside, after the mounts, in the folder."""
        folder = shlex.quote(str(self.folder))
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", f"""
            cd {folder}
            mount -t overlay overlay -o lowerdir={shlex.quote(str(self.base))},upperdir=upper,workdir=work merged
            mount -t proc proc merged/proc
            mount --rbind /dev merged/dev
            mount -t tmpfs run merged/run
            {before}
            exec chroot merged sh -c {shlex.quote(script)}"""]

    def run(self, script: str, before: str = "") -> subprocess.CompletedProcess[str]:
        """Its output, both streams together."""
        return subprocess.run(self.command(script, before), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE, check=False, env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                                                  "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})

    def done(self, script: str, before: str = "") -> str:
        """Like run(), of a script that must succeed."""
        result = self.run(script, before)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file of root's."""
        place = self.upper / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def install(self, package: Path, before: str = "") -> subprocess.CompletedProcess[str]:
        """By dpkg alone: what it needs is in the base."""
        target = self.upper / "root" / package.name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.exists():
            os.link(package, target) if os.stat(package).st_dev == os.stat(self.upper).st_dev else target.write_bytes(package.read_bytes())
        return self.run(f"dpkg -i /root/{package.name}", before)

    def status(self) -> str:
        """What dpkg believes, such as "install ok installed 0.1.0"."""
        return self.run("dpkg-query -W -f '${Status} ${Version}' harvester 2>/dev/null").stdout
