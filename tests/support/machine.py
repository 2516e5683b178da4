"""A virtual machine with a real kernel, whose buses lead to the simulated chips (tests/machine/far_end)."""
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable

from fair_clock import FairClock
from far_end import FarEnd
from guest_agent import GuestAgent, GuestError, pauses

MEMORY_MB = 768
# Without KVM, by QEMU's FairClock; nothing waits for it to pass.
PATIENCE = float(os.environ.get("HARVESTER_MACHINE_PATIENCE", "600"))
# QEMU's option by which the machine's own time is the number of instructions that it has executed, 8 ns each, and the time that
# it was idle: however long QEMU waits for a processor.
COUNTED = ("-icount", "shift=3,sleep=on")
INSTRUCTIONS_PER_US = 125
KERNEL_LINE = "root=/dev/vda rw panic=-1 quiet mitigations=off cryptomgr.notests no_timer_check rcupdate.rcu_cpu_stall_suppress=1 systemd.show_status=no"


@dataclass(frozen=True)
class Board:
    """An architecture's machine, with its least processor. Its buses lead to the same chips everywhere; their numbers are the kernel's."""

    qemu: tuple[str, ...]
    console: str
    second_port: tuple[str, ...]
    buses: str
    """The keys of [hardware] that name them."""


BOARDS = {
    "amd64": Board(("qemu-system-x86_64", "-M", "q35", "-cpu", "qemu64,-svm"), "ttyS0", ("-serial", "chardev:pms5003"), "i2c_bus = 1"),
    # The processor of a Raspberry Pi 3 and Zero 2 W. The board has gpio lines of its own, which nothing is connected to.
    "arm64": Board(("qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "cortex-a53"), "ttyAMA0",
                   ("-device", "pci-serial,chardev=pms5003"), 'i2c_bus = 1\ngpio_chip = "gpiochip1"'),
}
BOARD_NAME = os.environ.get("HARVESTER_MACHINE_ARCH", "amd64")
BOARD = BOARDS[BOARD_NAME]


def create_disk(image: Path, disk: Path) -> None:
    """A disk that keeps only what differs from the image's."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image / "root.ext4", disk], check=True)


def pack(parcel: Path, files: Iterable[Path]) -> None:
    """Files for the guest, as the tar file that it finds on its second disk."""
    with tarfile.open(parcel, "w", dereference=True) as archive:
        for file in files:
            archive.add(file, file.name)


class Machine:
    """One run of a virtual machine; use it in a `with`, at whose end it is switched off hard."""

    # pylint: disable-next=too-many-arguments
    def __init__(self, image: Path, far_end: Path, folder: Path, disk: Path, parcel: Path | None = None,
                 kernel_words: str = "", options: tuple[str, ...] = (), memory_mb: int = MEMORY_MB) -> None:
        self.folder, self.memory_mb = folder, memory_mb
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.chips = FarEnd(far_end, folder)
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [*self._words(image, disk, parcel), "-append", f"{KERNEL_LINE} console={BOARD.console} {kernel_words}", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(folder / "qemu.log").open("wb"))
        self.clock = FairClock(self.process.pid)
        self.agent: GuestAgent | None = None

    def _words(self, image: Path, disk: Path, parcel: Path | None) -> list[str | Path]:
        def port(name: str, server: bool = False) -> tuple[str, str]:
            return "-chardev", f"socket,id={name},path={self.folder / name}{',server=on,wait=off' if server else ''}"
        words: list[str | Path] = [
            *BOARD.qemu, "-accel", "tcg", "-smp", "1", "-m", str(self.memory_mb),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-object", f"memory-backend-memfd,id=memory,size={self.memory_mb}M,share=on", "-numa", "node,memdev=memory",
            "-kernel", image / "kernel", "-initrd", image / "initrd",
            "-drive", f"file={disk},if=virtio,format=qcow2,cache=unsafe",
            "-chardev", f"file,id=console,path={self.folder / 'console.log'}", "-serial", "chardev:console",
            *port("pms5003"), *BOARD.second_port,
            "-device", "qemu-xhci", *port("sds011"), "-device", "usb-serial,id=adapter,chardev=sds011",
            *port("i2c"), "-device", "vhost-user-i2c-pci,chardev=i2c",
            *port("gpio"), "-device", "vhost-user-gpio-pci,chardev=gpio",
            "-device", "virtio-serial-pci", *port("agent", True),
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
            "-qmp", f"unix:{self.folder / 'qmp'},server=on,wait=off",
        ]
        if parcel:
            words += ["-drive", f"file={parcel},if=virtio,format=raw,readonly=on"]
        return words

    def __enter__(self) -> "Machine":
        try:
            self._connect()
        except BaseException:
            self.power_off()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.power_off()

    def _connect(self) -> None:
        self.wait_until("QEMU listens", (self.folder / "agent").exists)
        self.agent = GuestAgent(self.folder / "agent", self.clock)
        try:
            self.agent.synchronise(PATIENCE)
        except GuestError as error:
            raise GuestError(self.tail(str(error))) from error

    def power_off(self) -> None:
        """As a power cut: the guest gets no time to write anything."""
        if self.agent:
            self.agent.close()
        self.process.kill()
        self.process.wait()
        self.chips.__exit__()

    def tail(self, what: str) -> str:
        """For messages: what happened, after which time, and what QEMU and the guest's kernel said last."""
        logs = [file.read_text(errors="replace")[-2000:] if file.exists() else ""
                for file in (self.folder / "qemu.log", self.folder / "console.log")]
        return "\n".join([f"{what} ({self.clock})", *logs])

    def wait_until(self, what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """The condition's value once it is true."""
        deadline = self.clock.now() + seconds
        for pause in pauses():
            if value := condition():
                break
            assert self.process.poll() is None, self.tail(f"the machine ended before this: {what}")
            assert self.clock.now() < deadline, self.tail(f"waited in vain until {what}")
            time.sleep(pause)
        return value

    # In the guest

    def attempt(self, command: str, data: bytes = b"", seconds: float = PATIENCE) -> tuple[int, str, str]:
        """A shell command in the guest, as root: its exit status, output and errors."""
        assert self.agent
        return self.agent.run(command, data, seconds)

    def run(self, command: str, data: bytes = b"", seconds: float = PATIENCE) -> str:
        """The output of a shell command that has to succeed."""
        status, output, errors = self.attempt(command, data, seconds)
        if status != 0:
            raise GuestError(self.tail(f"`{command}` ended with {status}:\n{output}\n{errors}"))
        return output

    def write(self, path: str, text: str) -> None:
        """A file in the guest."""
        self.run(f"mkdir -p \"$(dirname '{path}')\" && cat >'{path}'", text.encode())

    def unpack(self) -> None:
        """The files of the parcel, into /root."""
        self.run("tar -C /root -xf /dev/vdb")

    def get_json(self, path: str) -> Any:
        """An answer of the node's API. As the guest's own: nothing of it is open to others yet."""
        text = self.run("exec 3<>/dev/tcp/127.0.0.1/3000 && "
                        f"printf 'GET {path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && cat <&3")
        head, _, body = text.partition("\r\n\r\n")
        assert " 200 " in head.splitlines()[0], text
        return json.loads(body)

    def readings(self) -> dict[str, dict[str, Any]]:
        """The whole readings by sensor."""
        return {reading["sensor_id"].partition(":")[2]: reading
                for reading in self.get_json("/api/readings")["readings"]}

    def journal(self) -> str:
        """What the service logged since the machine was switched on."""
        return self.run("journalctl -b -u harvester -o cat --no-pager")

    # The machine itself

    def monitor(self, name: str, **arguments: Any) -> Any:
        """One command of QEMU's monitor (QMP)."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.folder / "qmp"))
            with connection.makefile("rw") as lines:
                lines.readline()
                for command in ({"execute": "qmp_capabilities"}, {"execute": name, "arguments": arguments}):
                    lines.write(json.dumps(command) + "\n")
                    lines.flush()
                    answer = json.loads(lines.readline())
                    while "event" in answer:
                        answer = json.loads(lines.readline())
                    assert "error" not in answer, answer
        return answer["return"]
