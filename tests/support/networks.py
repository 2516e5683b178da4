"""Network namespaces for tests: machines on one switch, between which packets can be lost in either direction, or come late. Several threads
may do that at once, each to machines of its own.

Many kernels lack tc's netem. So a slow line is a queue with a rate (tbf), and a lossy one a rule of nftables.
"""
import os
import shutil
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from types import TracebackType
from typing import Iterable, Iterator

from namespaces import within


def run(*words: str) -> None:
    """A command of iproute2 that has to succeed."""
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def are_possible() -> bool:
    """Whether this process may make network namespaces."""
    if os.geteuid() != 0 or not shutil.which("nft"):
        return False
    name = f"hv-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made


class Network:
    """Machines with an address each; this process reaches them all. Use it in a `with`."""

    def __init__(self, count: int) -> None:
        """They are made with the `with`."""
        self.tag = f"hv{os.getpid() % 100000}"
        self.subnet = f"10.{77 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.names = [f"{self.tag}-{i + 1}" for i in range(count)]
        self.lock = threading.Lock()
        self.lost: Counter[tuple[int, int]] = Counter()  # how many faults lose the packets of a pair

    def address(self, machine: int) -> str:
        """Of a machine; that of this process is number -1."""
        return f"{self.subnet}.{machine + 1 if machine >= 0 else 254}"

    def __enter__(self) -> "Network":
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def _make(self) -> None:
        run("link", "add", self.tag, "type", "bridge")
        run("addr", "add", f"{self.address(-1)}/24", "dev", self.tag)
        run("link", "set", self.tag, "up")
        for i, name in enumerate(self.names):
            run("netns", "add", name)
            run("link", "add", f"{self.tag}v{i}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("link", "set", f"{self.tag}v{i}", "master", self.tag, "up")
            run("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
            run("-n", name, "link", "set", "eth0", "up")
            run("-n", name, "link", "set", "lo", "up")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._remove()

    def _remove(self) -> None:
        """The devices first: the kernel removes those of a deleted namespace some time later, and the next network has the same names."""
        for i, name in enumerate(self.names):
            for words in (["link", "del", f"{self.tag}v{i}"], ["netns", "del", name]):
                subprocess.run(["ip", *words], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", self.tag], capture_output=True, check=False)

    @contextmanager
    def losing(self, pairs: Iterable[tuple[int, int]]) -> Iterator[None]:
        """Meanwhile, what the first machine of a pair sends to the second is lost; the other direction is not."""
        lost = list(pairs)
        try:
            for pair in lost:
                self.count(pair, 1)
            yield
        finally:
            for pair in lost:
                self.count(pair, -1)

    def count(self, pair: tuple[int, int], step: int) -> None:
        """Two faults may lose the same packets; the later end of the two counts."""
        sender, receiver = pair
        with self.lock:
            before, self.lost[pair] = self.lost[pair], self.lost[pair] + step
            if not before or not self.lost[pair]:
                run("-n", self.names[sender], "route", "del" if before else "add", "blackhole", f"{self.address(receiver)}/32")

    @contextmanager
    def slow(self, sender: int, kilobits: int) -> Iterator[None]:
        """Meanwhile, all that the machine `sender` sends waits in one queue, which sends `kilobits` a second."""
        tc = ["tc", "-n", self.names[sender], "qdisc"]
        subprocess.run([*tc, "replace", "dev", "eth0", "root", "tbf", "rate", f"{kilobits}kbit", "burst", "4kb", "limit", "64kb"],
                       check=True, capture_output=True, timeout=30)
        try:
            yield
        finally:
            subprocess.run([*tc, "del", "dev", "eth0", "root"], check=True, capture_output=True, timeout=30)

    @contextmanager
    def lossy(self, receiver: int, percent: int) -> Iterator[None]:
        """Meanwhile, the machine `receiver` loses some of the packets that come from others."""
        rules = (f"table ip faults {{\nchain input {{\ntype filter hook input priority 0\n"
                 f"iifname eth0 numgen random mod 100 < {percent} drop\n}}\n}}\n")
        with within(self.names[receiver]):
            subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True, capture_output=True, timeout=30)
        try:
            yield
        finally:
            with within(self.names[receiver]):
                subprocess.run(["nft", "delete", "table", "ip", "faults"], check=True, capture_output=True, timeout=30)
