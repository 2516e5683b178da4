"""What a client may send that is no good request: each gets a clear 4xx, or its connection ends."""
import json
import random
import re
import socket
import time
from typing import Any, Callable, Iterator

import pytest
from node import PATIENCE, Harvester, simulated

HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
JSON = b"Content-Type: application/json\r\n"
BODY_MAX = 65536
HEAD_MAX = 16384
PER_ADDRESS_MAX = 64


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """One node for all of this file. Whatever was sent, it still answers at the end."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "plugins").mkdir()
    with Harvester(folder, simulated()) as node:
        yield node
        assert node.get_json("/healthz") == {"status": "ok"}
        # Streams over the limit get 503; nothing else was an error of the server.
        assert counter(node, "http_errors_total") == counter(node, "event_clients_refused_total")


def counter(node: Harvester, name: str) -> int:
    """One of its own numbers, from /metrics."""
    match = re.search(rf"^harvester_{name} (\d+)$", node.get("/metrics").decode(), re.MULTILINE)
    assert match, name
    return int(match[1])


def connect(node: Harvester, source: str = "127.0.0.1") -> socket.socket:
    """A connection of one of loopback's addresses."""
    host, _, port = node.address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), PATIENCE, (source, 0))


def read_all(connection: socket.socket) -> bytes:
    """What comes until the end of the connection."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer. No more than it is read."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        assert piece, data
        data += piece
    status, *lines = data.decode().removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = b""
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(int(headers["content-length"]) - len(body))
    return int(status.split()[1]), headers, body


def exchange(node: Harvester, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer to one request on a connection of its own."""
    with connect(node) as connection:
        connection.sendall(request)
        return read_answer(connection)


def post(path: str, body: bytes, more: bytes = JSON) -> bytes:
    """A whole request."""
    return (f"POST {path} HTTP/1.1\r\n".encode() + HOST + more
            + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


def check_problem(answer: tuple[int, dict[str, str], bytes], status: int, detail: str) -> None:
    """It is a problem as RFC 9457 has it, and says what is wrong."""
    assert answer[0] == status, answer
    assert answer[1]["content-type"] == "application/problem+json"
    assert answer[1]["x-content-type-options"] == "nosniff"
    problem: dict[str, Any] = json.loads(answer[2])
    assert problem["status"] == status and problem["type"] == "about:blank" and problem["title"]
    assert detail in problem["detail"], problem


@pytest.mark.parametrize("body, detail", [
    (b"", "not valid JSON"),
    (b"{", "not valid JSON: line 1, column 1"),
    (b'{"pattern":"single"', "not valid JSON"),
    (b'{"pattern":"single"}}', "not valid JSON"),
    (b'{"pattern":"single","pattern":"long"}', "duplicate"),
    (b'{"pattern":"\xff"}', "not valid JSON"),
    (b'{"pattern":"a\x00b"}', "not valid JSON"),
    (b"[" * 5000, "not valid JSON"),
    (b'{"a":' * 3000 + b"1" + b"}" * 3000, "not valid JSON"),
    (b"null", "must be a JSON object"),
    (b'"pattern"', "not valid JSON"),
    (b"{}", "pattern: is missing"),
    (b'{"pattern":1}', "pattern: expected a string"),
    (b'{"pattern":null}', "pattern: expected a string"),
    (b'{"pattern":["single"]}', "pattern: expected a string"),
    (b'{"pattern":"Single"}', "pattern: expected one of single, triple, long"),
    (b'{"pattern":"single","volume":11}', "volume: unknown"),
    (b'{"patern":"single"}', "patern: unknown; did you mean pattern?"),
])
def test_bad_bodies(harvester: Harvester, body: bytes, detail: str) -> None:
    """Bad JSON, wrong types, unknown fields."""
    if body in (b"null", b'"pattern"'):
        detail = ""
    check_problem(exchange(harvester, post("/api/v1/nodes/self/buzzer", body)), 400, detail)


@pytest.mark.parametrize("body, detail", [
    (b'{"color":"red","seconds":1}', "color: expected a colour such as #ff8800"),
    (b'{"color":"#ff8800"}', "seconds: is missing"),
    (b'{"color":"#ff8800","seconds":0}', "seconds: expected an integer from 1 to 3600"),
    (b'{"color":"#ff8800","seconds":1.5}', "seconds: expected an integer"),
    (b'{"color":"#ff8800","seconds":1e999}', ""),
    (b'{"color":"#ff8800","seconds":99999999999999999999}', ""),
    (b'{"color":"#ff8800","seconds":true}', "seconds: expected an integer"),
])
def test_bad_lights(harvester: Harvester, body: bytes, detail: str) -> None:
    """Numbers out of range, and what is none."""
    check_problem(exchange(harvester, post("/api/v1/nodes/self/leds", body)), 400, detail)


@pytest.mark.parametrize("more, status", [(b"", 415), (b"Content-Type: text/plain\r\n", 415),
                                          (b"Content-Type: application/jsonp\r\n", 415)])
def test_other_types(harvester: Harvester, more: bytes, status: int) -> None:
    """A form of another page cannot say application/json without being asked first."""
    request = post("/api/v1/nodes/self/buzzer", b'{"pattern":"single"}', more)
    check_problem(exchange(harvester, request), status, "application/json")


@pytest.mark.parametrize("query, detail", [
    ("limit=0", "limit: expected an integer from 1 to 1000"), ("limit=x", "limit: expected"),
    ("limit=1&limit=1", "limit: is given twice; give it once"), ("lmit=1", "did you mean limit?"),
    ("level=high", "level: expected one of debug, info, warning, error"),
    ("search=%00", "search: expected UTF-8"), ("search=%c3%28", "search: expected UTF-8"),
    ("search=" + "x" * 257, "search: expected 1 to 256 bytes"),
    ("%3Cscript%3E=1", "<script>: unknown"), ("&&&=&", ""), ("after=" + "9" * 400, "after: "),
])
def test_bad_queries(harvester: Harvester, query: str, detail: str) -> None:
    """Each parameter is checked, and the wrong one is named."""
    request = f"GET /api/v1/logs?{query} HTTP/1.1\r\n".encode() + HOST + b"\r\n"
    check_problem(exchange(harvester, request), 400, detail)


@pytest.mark.parametrize("path", ["/api/v1/nodes//fan", "/api/v1/nodes/../../etc/passwd",
                                  "/api/v1/nodes/%2e%2e%2ffan/fan", "/api/v1/nodes/a%00/fan",
                                  "/%ff%fe", "//", "/api/v1/nodes/" + "x" * 2000 + "/fan",
                                  "/api/v1/nodes/%F0%9F%90%9D/fan"])
def test_bad_paths(harvester: Harvester, path: str) -> None:
    """Nothing is there, and no file is behind it."""
    request = f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n"
    check_problem(exchange(harvester, request), 404, "")


def test_body_at_its_limit(harvester: Harvester) -> None:
    """65,536 bytes are read, one more is not; a long promise is refused before it is kept."""
    body = b'{"pattern":"no"}'
    check_problem(exchange(harvester, post("/api/v1/nodes/self/buzzer", body.ljust(BODY_MAX))),
                  400, "pattern: expected one of")
    check_problem(exchange(harvester, post("/api/v1/nodes/self/buzzer", body.ljust(BODY_MAX + 1))),
                  413, "65536")
    promise = b"POST /push HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n"
    check_problem(exchange(harvester, promise), 413, "65536")


def test_head_at_its_limit(harvester: Harvester) -> None:
    """A head of 8 kB is read; one that does not fit is refused, by a status or an end."""
    padding = b"X-Long: " + b"x" * (HEAD_MAX // 2 - len(HEALTH) - 10) + b"\r\n\r\n"
    assert exchange(harvester, HEALTH[:-2] + padding)[0] == 200
    with connect(harvester) as connection:
        try:
            connection.sendall(HEALTH[:-2] + b"X-Long: " + b"x" * (64 * HEAD_MAX))
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has hung up already
        first = read_all(connection)
    assert not first or re.match(rb"HTTP/1.1 (4\d\d|50\d) ", first), first[:200]


@pytest.mark.parametrize("request_", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET\r\n\r\n", b"\r\n" * 100 + b"X\r\n\r\n", b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"no colon here\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /push HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n",
    b"POST /push HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
])
def test_malformed(harvester: Harvester, request_: bytes) -> None:
    """A refusal or the end, and nothing else."""
    with connect(harvester) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        data = read_all(connection)
    assert not data or re.match(rb"HTTP/1.1 (4\d\d|50\d) ", data), data[:200]


def test_two_lengths_are_not_two_requests(harvester: Harvester) -> None:
    """Request smuggling: what one reader takes for a body, another must not take for a request."""
    inner = b"POST /api/buzzer/test HTTP/1.1\r\n" + HOST + b"\r\n"
    outer = (b"POST /api/v1/nodes/self/fan HTTP/1.1\r\n" + HOST + JSON
             + f"Content-Length: {5 + len(inner)}\r\n".encode()
             + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner)
    with connect(harvester) as connection:
        connection.sendall(outer)
        connection.shutdown(socket.SHUT_WR)
        data = read_all(connection)
    assert data.startswith(b"HTTP/1.1 400") and data.count(b"HTTP/1.1") == 1, data


def test_pipelined(harvester: Harvester) -> None:
    """Answers come in the requests' order, the refused ones too."""
    requests = [HEALTH, post("/api/v1/nodes/self/buzzer", b"{}"),
                b"GET /no HTTP/1.1\r\n" + HOST + b"\r\n", HEALTH] * 50
    with connect(harvester) as connection:
        connection.sendall(b"".join(requests))
        statuses = [read_answer(connection)[0] for _ in requests]
    assert statuses == [200, 400, 404, 200] * 50


def test_truncated(harvester: Harvester) -> None:
    """A request that stops anywhere leaves nothing behind."""
    whole = post("/api/v1/nodes/self/buzzer", b'{"pattern":"no"}')
    for size in range(1, len(whole), 7):
        with connect(harvester) as connection:
            connection.sendall(whole[:size])
    assert exchange(harvester, whole)[0] == 400


def test_slow_requests_hold_up_nobody(harvester: Harvester) -> None:
    """Slowloris: one address has so many connections and no more; others are served at once."""
    slow = [connect(harvester, "127.0.0.2") for _ in range(PER_ADDRESS_MAX)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall(HEALTH[:10 + number % 20])
        with connect(harvester, "127.0.0.2") as one_too_many:
            one_too_many.settimeout(PATIENCE)
            assert read_all(one_too_many) == b""
        for _ in range(20):
            for connection in slow:
                connection.sendall(b"x")
            assert exchange(harvester, HEALTH)[0] == 200
    finally:
        for connection in slow:
            connection.close()


def test_streams_of_one_address_are_limited(harvester: Harvester) -> None:
    """And are counted; who is refused is told when to come again."""
    request = b"GET /api/v1/events HTTP/1.1\r\n" + HOST + b"\r\n"
    streams = []
    try:
        while True:
            streams.append(connect(harvester, "127.0.0.3"))
            streams[-1].sendall(request)
            head = streams[-1].recv(12)
            if head != b"HTTP/1.1 200":
                break
            assert len(streams) <= PER_ADDRESS_MAX
        assert head == b"HTTP/1.1 503" and len(streams) > 10
        assert counter(harvester, "event_clients_refused_total") > 0
    finally:
        for stream in streams:
            stream.close()


def test_damaged(harvester: Harvester) -> None:
    """Good requests with some bytes changed, many at once: whatever they mean now, it stays up."""
    seed = time.time_ns()
    print("seed", seed)
    chance = random.Random(seed)
    good = [post("/api/v1/nodes/self/leds", b'{"color":"#000000","seconds":1}'),
            b"GET /api/v1/logs?level=info&limit=5&search=a HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET /api/v1/readings HTTP/1.1\r\nAccept-Encoding: gzip\r\n" + HOST + b"\r\n"]
    answered = 0
    for _ in range(300):
        request = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 8)):
            request[chance.randrange(len(request))] = chance.randrange(256)
        with connect(harvester) as connection:
            connection.sendall(request)
            # By the time that this one is answered, the first one is, if it ever will be.
            assert exchange(harvester, HEALTH)[0] == 200
            connection.setblocking(False)
            try:
                data = connection.recv(65536)
            except (BlockingIOError, ConnectionResetError):
                continue
        assert not data or re.match(rb"HTTP/1.1 ([24]\d\d|50[15]) ", data), (request, data[:200])
        answered += 1
    assert answered > 30
