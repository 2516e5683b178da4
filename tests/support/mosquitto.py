"""A real broker of MQTT, mosquitto, and what listens to it, each a process of its own."""
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

PATIENCE = 60.0
POLL_SECONDS = 0.02


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The condition's value once it is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(POLL_SECONDS)
    return value


class Mosquitto:
    """A broker on loopback, which can be killed and started again on the same port."""

    def __init__(self, folder: Path, extra: str = "allow_anonymous true", listener: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.file = folder / "mosquitto.conf"
        # As root it would become another user, who cannot read this folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        self.file.write_text(f"{user}listener {self.port} 127.0.0.1\n{listener}\n{extra}\n")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Mosquitto":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with open(self.folder / "mosquitto.log", "ab") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen([program, "-v", "-c", self.file], stdout=log, stderr=log)
        wait_until("mosquitto listens", self.answers)

    def answers(self) -> bool:
        """Somebody listens."""
        assert self.process and self.process.poll() is None, self.log()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """What it holds in memory is lost."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """It stores what it holds, if it was told to, and ends."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def log(self) -> str:
        """What it said."""
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    @property
    def url(self) -> str:
        """For [mqtt]."""
        return f"mqtt://127.0.0.1:{self.port}"

    def publish(self, topic: str, payload: str, *options: str) -> None:
        """Publish one message, with the options of mosquitto_pub."""
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-t", topic, "-m", payload, *options],
                       check=True, timeout=PATIENCE)


class Listener:
    """Remembers all messages on some topics: (topic, is retained, payload)."""

    def __init__(self, port: int, *topics: str, options: tuple[str, ...] = ()) -> None:
        words = [word for topic in topics for word in ("-t", topic)]
        self.messages: list[tuple[str, bool, str]] = []
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(port), "-q", "1", "-F", "%t\t%r\t%p", *options, *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            topic, retained, payload = line.decode(errors="replace").rstrip("\n").split("\t", 2)
            self.messages.append((topic, retained == "1", payload))

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def payloads(self, topic: str) -> list[str]:
        """All messages on this topic, the oldest first."""
        return [payload for found, _, payload in list(self.messages) if found == topic]

    def last(self, topic: str) -> str | None:
        """The last message on this topic; None if there was none."""
        return (self.payloads(topic) or [None])[-1]

    def wait(self, topic: str, condition: Callable[[str], Any] = bool, seconds: float = PATIENCE) -> str:
        """The first message on this topic for which the condition is true."""
        return str(wait_until(f"a message on {topic}; there are {sorted({m[0] for m in self.messages})}",
                              lambda: next((p for p in self.payloads(topic) if condition(p)), None),
                              seconds))

    def json(self, topic: str, condition: Callable[[Any], Any] = bool) -> Any:
        """The first JSON message for which the condition is true."""
        return json.loads(self.wait(topic, lambda text: text and condition(json.loads(text))))


def retained(port: int, topic: str = "#") -> dict[str, str]:
    """What the broker has retained now."""
    done = subprocess.run(
        ["mosquitto_sub", "-p", str(port), "-t", topic, "-F", "%t\t%p", "--retained-only", "-W", "2"],
        capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
