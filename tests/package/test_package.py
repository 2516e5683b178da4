"""The Debian package: what is in it, and what dpkg does with it, in a Debian of its own."""
import re
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from root import INSTALLED, PATIENCE, REPOSITORY, Root, architecture

# Stands for systemd, which does not run there: notes what it is asked.
SYSTEMCTL = "#!/bin/sh\necho \"$0 $*\" | sed 's,.*/,,' >>/root/asked\n"
MACHINES = {"amd64": "Advanced Micro Devices X86-64", "arm64": "AArch64"}  # as readelf names them
TARGETS = {"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}  # as the engine names them
# The Cortex-A53 is the processor of the Raspberry Pi 3 and Zero 2 W, without the atomic instructions of later ones.
LEAST_PROCESSORS = {"amd64": ("qemu-x86_64-static", "-cpu", "qemu64"), "arm64": ("qemu-aarch64-static", "-cpu", "cortex-a53")}
SIMULATED = """
[hardware]
backend = "sim"
[permissions]
auto_approve = true
[paths]
plugins = "/var/lib/harvester/plugins"
data = "/var/lib/harvester/data"
"""


def pretend_systemd(root: Root) -> str:
    """Makes the scripts believe that systemd runs; what to give as `before`."""
    for name in ("systemctl", "deb-systemd-invoke"):
        root.write(f"/usr/local/bin/{name}", SYSTEMCTL, 0o755)
    return "mkdir -p merged/run/systemd/system"


def asked(root: Root) -> str:
    """What systemd was asked since the last time."""
    path = root.upper / "root" / "asked"
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


def system_of(name: str) -> tuple[str, ...]:
    """What makes qemu find the other libraries of a program, if this machine has them not: the cross build's Debian."""
    if name == subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip():
        return ()
    root = subprocess.run([REPOSITORY / "tools" / "build-cross", name, "root"], capture_output=True, text=True, check=True).stdout
    return ("-L", root.strip())


# What is in it

def test_lintian(package: Path) -> None:
    """No error, and no override that overrides nothing."""
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", package], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout


def test_files(package: Path, tmp_path: Path) -> None:
    """Everything is where it belongs, is root's, and nothing is looked for outside of the system's folders."""
    listing = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
    files = {line.split()[5]: line.split()[:2] for line in listing.splitlines()}
    for path in ("./usr/bin/harvester", "./usr/libexec/harvester/harvester-guest", "./usr/lib/harvester/libwasmtime.so",
                 "./usr/lib/harvester/runtime.cwasm", "./usr/lib/harvester/runtime.pulley64.cwasm", "./etc/harvester/config.toml", "./usr/lib/sysusers.d/harvester.conf",
                 "./usr/share/man/man1/harvester.1.gz", "./usr/share/man/man5/harvester-config.5.gz",
                 "./usr/share/bash-completion/completions/harvester", "./usr/share/zsh/vendor-completions/_harvester",
                 "./usr/share/fish/vendor_completions.d/harvester.fish", "./usr/share/doc/harvester/copyright",
                 "./usr/share/harvester/plugins/bme680/plugin.py", "./usr/share/harvester/template/plugin.py"):
        assert path in files, path
    assert all(owner == "root/root" and mode[8] != "w" for mode, owner in files.values() if mode[0] != "l")
    assert any(path.endswith("/systemd/system/harvester.service") for path in files)
    assert not any("__pycache__" in path or path.endswith(".pyc") for path in files)
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    for program in ("usr/bin/harvester", "usr/libexec/harvester/harvester-guest", "usr/lib/harvester/libwasmtime.so"):
        dynamic = subprocess.run(["readelf", "-d", tmp_path / program], capture_output=True, text=True, check=True).stdout
        assert set(re.findall(r"R(?:UN)?PATH\).*\[(.*)\]", dynamic)) <= {"/usr/lib/harvester"}, dynamic
        assert not re.search(r"NEEDED.*\[/", dynamic), dynamic


def test_unit(package: Path, tmp_path: Path) -> None:
    """systemd understands the unit, and rates its exposure at 1.5 or less."""
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    unit = next(tmp_path.glob("**/harvester.service"))
    unit.write_text(unit.read_text().replace("ExecStart=/usr/bin/harvester", f"ExecStart={tmp_path}/usr/bin/harvester"))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert not [line for line in verified.stderr.splitlines() if "harvester" in line], verified.stderr
    rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", unit], capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout.splitlines()[-1]


def test_architecture(package: Path, tmp_path: Path) -> None:
    """All machine code is the package's architecture's: programs, libraries and the compiled Python runtime, which also
    names its target.
    """
    name = architecture(package)
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    private = tmp_path / "usr/lib/harvester"
    runtime = private / "runtime.cwasm"
    files = [tmp_path / "usr/bin/harvester", tmp_path / "usr/libexec/harvester/harvester-guest", runtime, *private.glob("*.so*")]
    assert len(files) == 5, files  # the engine and libcbor beside them
    for file in files:
        header = subprocess.run(["readelf", "-h", file], capture_output=True, text=True, check=True).stdout
        assert re.findall(r"Machine: +(.*)", header) == [MACHINES[name]], file
    section = subprocess.run(["readelf", "-p", ".wasmtime.engine", runtime], capture_output=True, text=True, errors="replace",
                             check=True).stdout
    assert TARGETS[name] in section, section


def test_runtime_is_for_every_processor(package: Path, tmp_path: Path) -> None:
    """The compiled Python runtime loads on the least processor of the architecture: the engine compares what it
    was compiled for with what the processor has.
    """
    name = architecture(package)
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    libraries = f"{tmp_path}/usr/lib/harvester"
    done = subprocess.run([*LEAST_PROCESSORS[name], *system_of(name), "-E", f"LD_LIBRARY_PATH={libraries}",
                           tmp_path / "usr/libexec/harvester/harvester-guest", "inspect", f"{libraries}/runtime.cwasm"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0 and "harvester:plugin/i2c" in done.stdout, done.stderr


# What dpkg does with it

def test_install(root: Root, package: Path) -> None:
    """The service's user, its folders, and programs that run."""
    done = root.install(package)
    assert done.returncode == 0, done.stdout
    assert root.status().startswith(INSTALLED)
    groups = set(root.done("id -nG harvester").split())
    assert groups == {"harvester", "i2c", "spi", "gpio", "dialout"}
    for folder in ("", "/data", "/plugins"):
        assert root.done(f"stat -c '%U %a' /var/lib/harvester{folder}") == "harvester 700\n"
    assert "no problem found" in root.done("harvester check")
    assert "Plugins can run here." in root.done("harvester doctor || true")


WANTED = "/etc/systemd/system/multi-user.target.wants/harvester.service"


def test_starts_at_boot(root: Root, package: Path) -> None:
    """The service is enabled once it is installed; a removal stops it, and a purge forgets it."""
    assert root.install(package).returncode == 0
    assert root.done(f"readlink {WANTED}").endswith("/systemd/system/harvester.service\n")
    root.done("dpkg -r harvester", pretend_systemd(root))
    assert "deb-systemd-invoke stop harvester.service" in asked(root)
    root.done("rm /usr/local/bin/systemctl && dpkg -P harvester")
    assert root.run(f"readlink {WANTED}").returncode != 0


def test_stays_disabled(root: Root, package: Path, versions: dict[str, Path]) -> None:
    """Whoever has disabled the service finds it disabled after an upgrade."""
    assert root.install(versions["0.0.9"]).returncode == 0
    root.done("deb-systemd-helper disable harvester.service 2>/dev/null || DPKG_MAINTSCRIPT_PACKAGE=harvester deb-systemd-helper disable harvester.service")
    assert root.install(package).returncode == 0
    assert root.run(f"readlink {WANTED}").returncode != 0


def test_first_reading(root: Root, package: Path) -> None:
    """A plugin that is copied from the examples is read, by the installed programs, as the service's user."""
    assert root.install(package).returncode == 0
    root.done("cp -r /usr/share/harvester/plugins/bh1750 /var/lib/harvester/plugins/")
    root.write("/etc/harvester/config.toml", SIMULATED)
    with subprocess.Popen(root.command("exec setpriv --reuid=harvester --regid=harvester --init-groups "
                                       "harvester run --listen 127.0.0.1:0 2>&1"),
                          stdout=subprocess.PIPE, text=True) as node:
        try:
            assert node.stdout
            address = next(match[1] for line in node.stdout if (match := re.search(r"ready (http\S+)", line)))
            end = time.monotonic() + PATIENCE
            while "illuminance" not in (text := urllib.request.urlopen(f"{address}/api/readings").read().decode()):
                assert time.monotonic() < end, text
                time.sleep(0.2)
        finally:
            node.kill()


def test_upgrade(root: Root, package: Path, versions: dict[str, Path]) -> None:
    """Configuration and data stay, and the service is restarted once, without having been stopped before."""
    before = pretend_systemd(root)
    assert root.install(versions["0.0.9"], before).returncode == 0
    assert "deb-systemd-invoke start harvester.service" in asked(root)
    root.done("echo '# mine' >>/etc/harvester/config.toml")
    root.done("install -o harvester -m 0600 /dev/stdin /var/lib/harvester/data/approval </dev/null")
    done = root.install(package, before)
    assert done.returncode == 0, done.stdout
    assert root.status().startswith(INSTALLED)
    assert root.done("tail -n 1 /etc/harvester/config.toml") == "# mine\n"
    assert root.done("stat -c '%U %a' /var/lib/harvester/data/approval") == "harvester 600\n"
    told = asked(root)
    assert told.count("start harvester.service") == 1 and told.count("restart harvester.service") == 1 and "stop" not in told, told


def test_upgrade_with_a_bad_configuration(root: Root, package: Path, versions: dict[str, Path]) -> None:
    """The package is installed, the running service is left alone, and the message says what to do."""
    before = pretend_systemd(root)
    assert root.install(versions["0.0.9"], before).returncode == 0
    root.done("printf '[polling]\\nintervall_seconds = 5\\n' >>/etc/harvester/config.toml")
    asked(root)
    done = root.install(package, before)
    assert done.returncode == 0 and root.status().startswith(INSTALLED), done.stdout
    assert "start harvester" not in asked(root)
    assert "config.toml:" in done.stdout and "unknown key polling.intervall_seconds" in done.stdout
    assert "systemctl restart harvester" in done.stdout
    root.done("sed -i /intervall/d /etc/harvester/config.toml")
    assert "restart harvester.service" in (root.done("dpkg-reconfigure harvester 2>/dev/null || /var/lib/dpkg/info/harvester.postinst configure 1", before), asked(root))[1]


def newer_data(root: Root, name: str) -> None:
    """A database as a version of the far future would leave it."""
    folder = root.upper / "var/lib/harvester/data"
    with sqlite3.connect(folder / name) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE future (x)")


def test_downgrade(root: Root, package: Path, versions: dict[str, Path]) -> None:
    """Data of the same format are no reason; newer ones are, and then nothing has changed."""
    assert root.install(package).returncode == 0
    assert root.install(versions["0.0.9"]).returncode == 0
    assert root.status() == f"{INSTALLED} 0.0.9"
    for name in ("history.db", "accounts.db", "state.db", "alerts.db"):
        assert root.install(package).returncode == 0
        version = root.status()
        newer_data(root, name)
        done = root.install(versions["0.0.9"])
        assert done.returncode != 0
        assert f"/var/lib/harvester/data/{name} was written by a newer one" in done.stdout, done.stdout
        assert root.status() == version
        assert "no problem found" in root.done("harvester check")
        (root.upper / "var/lib/harvester/data" / name).unlink()
        assert root.install(versions["0.0.9"]).returncode == 0


def test_purge(root: Root, package: Path) -> None:
    """Nothing is left of it but dpkg's log; a removal before keeps configuration and data."""
    assert root.install(package).returncode == 0
    root.write("/var/lib/harvester/data/history.db", "x")
    root.done("mkdir -p /etc/modules-load.d")
    root.write("/etc/modules-load.d/harvester.conf", "i2c-dev\n")  # as `harvester doctor --fix` does
    root.done("dpkg -r harvester")
    assert root.done("ls /etc/harvester /var/lib/harvester/data").split()[-1] == "history.db"
    root.done("dpkg -P harvester")
    left = root.done("find / -xdev -iname '*harvester*' -not -path '/root/*' -not -path '/proc/*' -not -path '/dev/*' -not -path '/var/log/*'")
    assert left == ""
    assert root.run("getent passwd harvester || getent group harvester").stdout == ""


# Bad input

def test_half_a_package(root: Root, package: Path, versions: dict[str, Path], tmp_path: Path) -> None:
    """The old version stays as it was."""
    assert root.install(versions["0.0.9"]).returncode == 0
    half = tmp_path / "half.deb"
    whole = package.read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 1):
        half.write_bytes(whole[:size])
        (root.upper / "root" / "half.deb").unlink(missing_ok=True)
        assert root.install(half).returncode != 0
        assert root.status() == f"{INSTALLED} 0.0.9"
        assert "no problem found" in root.done("harvester check")


def test_over_a_broken_one(root: Root, package: Path) -> None:
    """Programs that are gone, folders that are gone, a user that is gone: all is there again."""
    assert root.install(package).returncode == 0
    root.done("rm -r /usr/libexec/harvester /usr/lib/harvester /var/lib/harvester; userdel harvester")
    done = root.install(package)
    assert done.returncode == 0 and root.status().startswith(INSTALLED), done.stdout
    assert root.done("stat -c '%U %a' /var/lib/harvester/data") == "harvester 700\n"
    assert "Plugins can run here." in root.done("harvester doctor || true")


FULL_DISK = "mkdir -p merged/var/lib/harvester; mount -t tmpfs -o nr_inodes=1 full merged/var/lib/harvester"


def test_full_disk_after_unpacking(root: Root, package: Path) -> None:
    """The script fails with the reason and what to do, dpkg knows that it is to be configured, and later that succeeds."""
    done = root.install(package, FULL_DISK)
    assert done.returncode != 0 and "No space left on device" in done.stdout, done.stdout
    assert "Correct it, then: dpkg --configure harvester" in done.stdout, done.stdout
    assert root.status().startswith("install ok half-configured")
    root.done("dpkg --configure harvester")
    assert root.status().startswith(INSTALLED)


def test_full_disk_at_an_upgrade(root: Root, package: Path, versions: dict[str, Path]) -> None:
    """The service that runs is neither stopped nor restarted before the package is set up."""
    before = pretend_systemd(root)
    assert root.install(versions["0.0.9"], before).returncode == 0
    asked(root)
    done = root.install(package, f"{before}; {FULL_DISK}")
    assert done.returncode != 0 and root.status().startswith("install ok half-configured"), done.stdout
    assert "stop" not in (told := asked(root)) and "start" not in told, told
    root.done("dpkg --configure harvester", before)
    assert asked(root).count("restart harvester.service") == 1
