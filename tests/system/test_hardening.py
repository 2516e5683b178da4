"""How the programs are linked and compiled: what makes a bug in them harder to use."""
import os
import re
import socket
import struct
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from node import BUILD, ROOT, Harvester, simulated

PROGRAMS = ("harvester", "harvester-guest")

# elf(5) and glibc's elf.h
ET_DYN = 3
PT_LOAD, PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
DT_FLAGS, DT_FLAGS_1 = 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 8, 1, 0x08000000


class Elf:
    """The parts of a little-endian 64-bit program that say how it was made."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:6] == b"\x7fELF\x02\x01", f"{path} is no little-endian 64-bit program"
        self.type, = struct.unpack_from("<H", self.data, 16)

    def segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Type, flags, offset and size of each."""
        start, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        for at in range(start, start + size * count, size):
            kind, flags, offset, _, _, length = struct.unpack_from("<IIQQQQ", self.data, at)
            yield kind, flags, offset, length

    def dynamic(self) -> dict[int, int]:
        """Values by tag."""
        offset, size = next((offset, size) for kind, _, offset, size in self.segments()
                            if kind == PT_DYNAMIC)
        return dict(struct.iter_unpack("<qQ", self.data[offset:offset + size]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_hardened(name: str) -> None:
    """Any address, a table of functions that is read-only before main(), no code on the stack."""
    elf = Elf(BUILD / name)
    flags = {kind: flags for kind, flags, _, _ in elf.segments()}
    dynamic = elf.dynamic()
    assert elf.type == ET_DYN and dynamic.get(DT_FLAGS_1, 0) & DF_1_PIE, "it is no PIE"
    assert PT_GNU_RELRO in flags, "it has no RELRO"
    assert dynamic.get(DT_FLAGS, 0) & DF_BIND_NOW or dynamic[DT_FLAGS_1] & DF_1_NOW, \
        "its RELRO is partial: functions are bound late"
    assert not flags[PT_GNU_STACK] & PF_X, "its stack is executable"
    assert not [1 for kind, flags, _, _ in elf.segments()
                if kind == PT_LOAD and flags & PF_X and flags & PF_W], "code can be written"


@pytest.mark.parametrize("name", PROGRAMS)
def test_copies_are_checked(name: str) -> None:
    """Some calls of libc go to its checking variants (_FORTIFY_SOURCE, optimised builds)."""
    data = (BUILD / name).read_bytes()
    if b"__asan_init" in data or b"__tsan_init" in data:
        pytest.skip("a build with a sanitizer, which checks more")
    assert re.search(rb"\0__(memcpy|snprintf|vsnprintf)_chk\0", data), "nothing is checked"
    assert b"\0__stack_chk_fail\0" in data


@pytest.mark.parametrize("part, least", [("build", 1), ("test", 50)])
def test_packages_have_hashes(part: str, least: int) -> None:
    """Every package, at one version, as the file that it was when it was chosen; from no address."""
    text = (ROOT / "tools" / "packages" / f"python-{part}.txt").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines()
             if line.strip() and not line.startswith("#")]
    assert len(lines) >= least
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", line.strip()), line
    assert "--require-hashes" in (ROOT / "tools" / "setup").read_text()


def test_the_template_closes_what_it_inherited(tmp_path: Path, plugins: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """What was open in whoever started the daemon is open neither in the template nor in a guest."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    fd = os.open(secret, os.O_RDONLY)
    os.set_inheritable(fd, True)
    real = subprocess.Popen

    def leaky(*args: object, **options: object) -> object:
        return real(*args, **{**options, "close_fds": False})  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", leaky)
    (plugins / "one.py").write_text("def poll():\n    return {'value': 1}\n")
    try:
        with Harvester(tmp_path, simulated(), plugins) as node:
            node.wait_for_value("one")
            template, guest = node.template(), node.plugin("one")["pid"]
            broker = Path(f"/proc/{node.process.pid}/fd")
            assert str(secret) in [os.readlink(one) for one in broker.iterdir()]
            for pid in (template, guest):
                links = [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
                assert str(secret) not in links, links
    finally:
        os.close(fd)


@pytest.mark.parametrize("content", [b"", b"no artifact", b"\x7fELF" * 5000, None])
def test_an_artifact_is_read_behind_a_lockdown(tmp_path: Path, content: bytes | None) -> None:
    """The engine believes what stands in it, so the guest has given up all but this file before. None: one that was cut.
    """
    artifact = tmp_path / "artifact.cwasm"
    if content is None:
        content = (BUILD / "runtime.cwasm").read_bytes()[:1_000_000]
    artifact.write_bytes(content)
    artifact.chmod(0o600)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(
            [BUILD / "harvester-guest", "component", artifact, "required"], pass_fds=(3,),
            stderr=subprocess.DEVNULL, preexec_fn=lambda: os.dup2(theirs.fileno(), 3)) as guest:
        end = os.waitid(os.P_PID, guest.pid, os.WEXITED | os.WNOWAIT)
        assert end and end.si_status == 3, "it did not end for its artifact"
        # A process that nobody has waited for still says what it was.
        status = Path(f"/proc/{guest.pid}/status").read_text()
        fields = dict(re.findall(r"^(\w+):\s*(.*)$", status, re.MULTILINE))
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert fields["CapEff"] == fields["CapPrm"] == "0" * 16
    if os.geteuid() == 0:
        own = str(1996488704 + guest.pid)
        assert fields["Uid"].split()[:3] == fields["Gid"].split()[:3] == [own] * 3
