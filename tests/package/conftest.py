"""The base system: what the package needs, by mmdebstrap, once for each list of dependencies."""
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from repack import with_version
from root import REPOSITORY, Root, architecture, find_package

SUITE = os.environ.get("SUITE", "bookworm")


@pytest.fixture(scope="session")
def package() -> Path:
    """The package that is tested."""
    return find_package()


@pytest.fixture(scope="session")
def base(package: Path) -> Path:
    """A folder with a minimal Debian and the package's dependencies, but without the package."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it mounts, and runs dpkg in a Debian of its own")
    if architecture(package) != subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip():
        pytest.skip("the package is for another architecture: it is installed on a virtual machine, by `make test-machine-arm64`")
    depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True, text=True, check=True).stdout
    # passwd has userdel, which purge and a test use; each installed Debian has it.
    names = sorted({re.sub(r"[ (|].*", "", one.strip()) for one in depends.split(",")} | {"passwd"})
    cache = Path(subprocess.run([REPOSITORY / "tools" / "cache-dir"], capture_output=True, text=True, check=True).stdout.strip())
    key = hashlib.sha256(",".join(names).encode()).hexdigest()[:8]
    folder = cache / f"package-{SUITE}-{key}"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / f"package-{SUITE}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = folder.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", f"--include={','.join(names)}", SUITE, making], check=True)
            making.rename(folder)
    return folder


@pytest.fixture
def root(base: Path, tmp_path: Path) -> Iterator[Root]:
    """A fresh Debian."""
    yield Root(base, tmp_path / "root")
    shutil.rmtree(tmp_path / "root", ignore_errors=True)


@pytest.fixture(scope="session")
def versions(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same package as an older and as a newer version."""
    folder = tmp_path_factory.mktemp("packages")
    return {version: with_version(package, version, folder) for version in ("0.0.9", "9.0.0")}
