"""Commands inside a virtual machine, through QEMU's guest agent: JSON lines over a virtio-serial port."""
import base64
import json
import socket
import time
from pathlib import Path
from typing import Any, Iterator

from fair_clock import FairClock

POLL_SECONDS = (0.1, 2.0)
SEND_SECONDS = 10.0
RETRY_SECONDS = 5.0


class GuestError(AssertionError):
    """A command in the guest failed, or the guest does not answer."""


class GuestEnded(GuestError):
    """The virtual machine has ended."""


def pauses() -> Iterator[float]:
    """Between looks at something that is not there yet. They become longer: each look takes time of the guest's processor, and
    the agent logs each question.
    """
    pause, longest = POLL_SECONDS
    while True:
        yield pause
        pause = min(1.3 * pause, longest)


class GuestAgent:
    """The host's end of the port."""

    def __init__(self, path: Path, clock: FairClock) -> None:
        self.clock = clock
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.pending = b""
        self.number = 0

    def close(self) -> None:
        """The port's other end stays open."""
        self.socket.close()

    def _read(self, seconds: float) -> Any:
        """The next line; TimeoutError if it does not come in time."""
        deadline = self.clock.now() + seconds
        while b"\n" not in self.pending:
            left = deadline - self.clock.now()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                continue
            if not data:
                raise GuestEnded("the virtual machine has ended")
            self.pending += data
        line, _, self.pending = self.pending.partition(b"\n")
        return json.loads(line.lstrip(b"\xff"))

    def _send(self, name: str, **arguments: Any) -> None:
        self.socket.settimeout(SEND_SECONDS)
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")

    def ask(self, name: str, seconds: float, **arguments: Any) -> Any:
        """One command of the agent."""
        self._send(name, **arguments)
        try:
            answer = self._read(seconds)
        except TimeoutError as error:
            raise GuestError(f"{name}: no answer within {seconds:.0f} s") from error
        if "error" in answer:
            raise GuestError(f"{name}: {answer['error']}")
        return answer["return"]

    def synchronise(self, seconds: float) -> None:
        """Wait until the agent runs. What came before, of an earlier start, is skipped."""
        deadline = self.clock.now() + seconds
        while self.clock.now() < deadline:
            self.number += 1
            try:
                self._send("guest-sync", id=self.number)  # TimeoutError: nothing reads what was sent yet
                while self._read(RETRY_SECONDS).get("return") != self.number:
                    pass
                return
            except TimeoutError:
                continue
        raise GuestError(f"no guest agent within {seconds:.0f} s")

    def run(self, command: str, data: bytes, seconds: float) -> tuple[int, str, str]:
        """A shell command: its exit status, output and errors."""
        deadline = self.clock.now() + seconds
        fields: dict[str, Any] = {"path": "/bin/bash", "arg": ["-c", command], "capture-output": True,
                                  "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"]}
        if data:
            fields["input-data"] = base64.b64encode(data).decode()
        pid = self.ask("guest-exec", seconds, **fields)["pid"]
        for pause in pauses():
            status = self.ask("guest-exec-status", max(1.0, deadline - self.clock.now()), pid=pid)
            if status["exited"]:
                break
            if self.clock.now() > deadline:
                raise GuestError(f"not finished within {seconds:.0f} s: {command}")
            time.sleep(pause)
        text = [base64.b64decode(status.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data")]
        return status.get("exitcode", -status.get("signal", 0)), text[0], text[1]
