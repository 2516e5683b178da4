#!/usr/bin/python3 -IS
"""A guest that has fallen to an attacker: it stands in the place of harvester-guest, with its own
process and socket, and no second wall around it.

The Python runtime's part is left to the real program (`real/harvester-guest`), so that the
neighbour is an honest plugin. A component's content is the name of the attack in guests/.
"""
import os
import runpy
import socket
import struct
import sys
import time
from typing import Any, Callable

HERE = os.path.dirname(os.path.abspath(__file__))
RESULT, READY, ANSWER, HOST, IMPORTS = 3, 16, 17, 18, 21
OK, FAILED = 0, 1  # outcomes of an answer


def _head(kind: int, number: int) -> bytes:
    """RFC 8949, section 3."""
    for extra, limit, form in ((24, 2 ** 8, ">B"), (25, 2 ** 16, ">H"), (26, 2 ** 32, ">I"),
                               (27, 2 ** 64, ">Q")):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < limit:
            return bytes([kind << 5 | extra]) + struct.pack(form, number)
    raise ValueError(number)


def encode(value: Any) -> bytes:
    """CBOR."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(encode(x) for pair in value.items() for x in pair)
    return _head(4, len(value)) + b"".join(map(encode, value))


def _argument(data: bytes, at: int) -> tuple[int, int]:
    """The number in the head at `at`, and where what follows begins."""
    low = data[at] & 31
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(low, 0)
    return (int.from_bytes(data[at + 1:at + 1 + size], "big") if size else low), at + 1 + size


class Link:
    """The socket to the broker."""

    def __init__(self) -> None:
        self.socket = socket.socket(fileno=3)
        self.functions: list[Any] = ["poll"]
        self.slow = False

    def frame(self, kind: int, number: int, *items: Any) -> bytes:
        """The bytes of one frame."""
        body = encode([kind, number, *items])
        return struct.pack("<I", len(body)) + body

    def send_raw(self, data: bytes) -> None:
        """These bytes, whatever they are."""
        for start in range(0, len(data), 1 if self.slow else len(data)):
            self.socket.sendall(data[start:start + 1] if self.slow else data)

    def send_body(self, body: bytes) -> None:
        """One frame of this content."""
        self.send_raw(struct.pack("<I", len(body)) + body)

    def send(self, kind: int, number: int, *items: Any) -> None:
        """One frame as it should be."""
        self.send_raw(self.frame(kind, number, *items))

    def take(self) -> tuple[int, int]:
        """Type and id of the next frame that the broker sends."""
        data = self._read(struct.unpack("<I", self._read(4))[0])
        kind, at = _argument(data, 1)
        return kind, _argument(data, at)[0]

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                sys.exit(0)  # the broker hung up
            data += more
        return data

    def start(self) -> None:
        """What an honest component's guest does until its first call."""
        self.send(IMPORTS, 0, [])
        self.take()
        self.send(READY, 0, self.functions)

    def answer(self, number: int, value: Any) -> None:
        """A call's value."""
        self.send(ANSWER, number, OK, value)

    def host(self, number: int, interface: str, function: str, *args: Any) -> None:
        """A host call."""
        self.send(HOST, number, interface, function, list(args))

    def serve(self, poll: Callable[[], Any]) -> None:
        """Answer every call with what `poll` gives."""
        self.start()
        while True:
            self.answer(self.take()[1], poll())

    def wait(self) -> None:
        """Until the broker hangs up, or does away with this process."""
        while self.socket.recv(65536):
            pass

    def sleep(self) -> None:
        """For ever."""
        while True:
            time.sleep(3600)


def compile_as(name: str, target: str) -> None:
    """What the compiler does for a component of that name."""
    if name == "compile-without-a-file":
        return
    if name == "compile-to-a-link":
        os.symlink("/etc/passwd", target)
        return
    if name == "compile-with-a-flood":
        for _ in range(100):
            os.write(2, b"flood " * 170_000)
        os.write(2, b"\nflood\n")
        sys.exit(1)
    if name == "compile-that-crashes":
        os.kill(os.getpid(), 11)
    with open(target, "w") as file:
        file.write(name)


def main() -> None:
    """As harvester-guest: a command, an artifact, and more."""
    command, artifact = sys.argv[1:3]
    if command not in ("compile", "component"):
        program = os.path.join(HERE, "real", "harvester-guest")
        os.execve(program, [program, *sys.argv[1:]], {})
    with open(artifact) as file:
        name = file.read()
    if command == "compile":
        compile_as(name, sys.argv[3])
    else:
        os.closerange(0, 3)  # as the lockdown does
        runpy.run_path(os.path.join(HERE, "guests", f"{name}.py"))["run"](Link())


if __name__ == "__main__":
    main()
