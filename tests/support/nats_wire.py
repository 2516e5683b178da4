"""The protocol of NATS by hand: a client that does what no member does, and a server that is too old."""
import json
import re
import socket
import threading
from typing import Any, BinaryIO


class Client:
    """A connection to a server without users."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), 10)
        self.file: BinaryIO = self.socket.makefile("rb")
        self.file.readline()  # INFO
        self.send('CONNECT {"verbose":false,"headers":true}', "SUB answers 1")

    def send(self, *lines: str) -> None:
        """Lines of the protocol."""
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def request(self, subject: str, body: str | bytes, headers: str = "") -> dict[str, Any]:
        """The answer of JetStream. `headers`: lines "Name: value", with their ends."""
        head = f"NATS/1.0\r\n{headers}\r\n"
        content = body if isinstance(body, bytes) else body.encode()
        self.socket.sendall(f"HPUB {subject} answers {len(head)} {len(head) + len(content)}\r\n{head}".encode() + content + b"\r\n")
        while not (line := self.file.readline()).startswith(b"MSG"):
            assert line, "the connection has ended"
            if line.startswith(b"PING"):
                self.send("PONG")
        return json.loads(self.file.read(int(line.split()[-1])))

    def close(self) -> None:
        """No more."""
        self.file.close()
        self.socket.close()


class OldServer:
    """It answers as nats-server 2.9 does: JetStream's account has no API level."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.asked: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        info = {"server_id": "old", "version": "2.9.10", "proto": 1, "headers": True, "max_payload": 1048576, "jetstream": True}
        client.sendall(f"INFO {json.dumps(info)}\r\n".encode())
        with client, client.makefile("rb") as file:
            sids: dict[str, str] = {}
            for line in file:
                words = line.decode().split()
                if words[0] == "PING":
                    client.sendall(b"PONG\r\n")
                elif words[0] == "SUB":
                    sids[words[1]] = words[-1]
                elif words[0] in ("PUB", "HPUB"):
                    file.read(int(words[-1]) + 2)
                    self.asked.append(words[1])
                    if words[1] == "$JS.API.INFO":
                        self._answer(client, sids, words[2])

    def _answer(self, client: socket.socket, sids: dict[str, str], reply: str) -> None:
        body = json.dumps({"memory": 0, "storage": 0, "streams": 0, "consumers": 0, "api": {"total": 1, "errors": 0}})
        sid = next(sid for subject, sid in sids.items() if re.fullmatch(
            re.escape(subject).replace(r"\*", "[^.]+").replace(">", ".+"), reply))
        client.sendall(f"MSG {reply} {sid} {len(body)}\r\n{body}\r\n".encode())

    def close(self) -> None:
        """No more."""
        self.listener.close()
