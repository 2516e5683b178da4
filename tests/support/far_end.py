"""The program at the far end of a virtual machine's buses (tests/machine/far_end), and its control socket."""
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

PATIENCE = 60.0


class FarEnd:
    """One run of it, on the sockets of a folder; use it in a `with`."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line == "ready\n", f"far-end did not start: {line!r}"
        self.control = socket.socket(socket.AF_UNIX)
        self.control.settimeout(PATIENCE)
        self.control.connect(str(folder / "control"))
        self.answers = self.control.makefile()

    def __enter__(self) -> "FarEnd":
        return self

    def __exit__(self, *exception: object) -> None:
        self.answers.close()
        self.control.close()
        self.process.kill()
        self.process.communicate()

    def command(self, text: str) -> Any:
        """Carry out a command of tests/machine/far_end/chips.h."""
        self.control.sendall(text.encode() + b"\n")
        answer = json.loads(self.answers.readline())
        assert answer and "error" not in answer, answer
        return answer

    def truth(self) -> dict[str, Any]:
        """The state of every chip, as world_to_json() writes it."""
        return self.command("truth")
