"""Who may do what over HTTP: accounts, sessions, tokens, the first account and https, on the real
program. It listens on all addresses where it is to be off loopback; the client is on loopback.
"""
import http.client
import json
import os
import pty
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple
from urllib.parse import urlsplit

import pytest
from node import PATIENCE, PROGRAM, ROOT, Harvester, Sections, command, simulated

PASSWORD = "correct horse"
EVERYWHERE = ("--listen", "0.0.0.0:0")
READ = ("/", "/api/readings", "/api/logs", "/api/v1/plugins", "/api/v1/events")
PRESS = ("/api/buzzer/test", "/api/fan/test", "/api/buzzer?action=beep")


class Answer(NamedTuple):
    """What came back."""
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def detail(self) -> str:
        """Of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json"
        return json.loads(self.body)["detail"]


class Client:
    """Asks one node, with a session or a token."""

    def __init__(self, node: Harvester, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(node.address)
        assert parts.port
        self.port, self.tls = parts.port, tls
        self.origin = f"{parts.scheme}://127.0.0.1:{parts.port}"
        self.headers: dict[str, str] = {}

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE,
                                               context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; the names of headers have _ for -."""
        connection = self.connect()
        every = {**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        if body is not None:
            every["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), every)
        answer = connection.getresponse()
        # A stream has no end.
        data = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, data)

    def status(self, method: str, path: str, body: Any = None, **headers: str) -> int:
        """The same, of which only the status matters."""
        return self.ask(method, path, body, **headers).status

    def log_in(self, user: str, password: str = PASSWORD) -> Answer:
        """The session is shown from now on, if there is one."""
        answer = self.ask("POST", "/api/v1/session", {"user": user, "password": password},
                          Origin=self.origin)
        if answer.status == 204:
            self.headers = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0],
                            "Origin": self.origin}
        return answer

    def reads(self) -> int:
        """The one status that every route of reading answers."""
        found = {self.status("GET", path) for path in READ}
        assert len(found) == 1, found
        return found.pop()

    def presses(self) -> int:
        """The one status that every button answers."""
        found = {self.status("POST", path) for path in PRESS}
        assert len(found) == 1, found
        return found.pop()


def harvester(folder: Path, *words: str, password: str | None = None) -> str:
    """A command on the node's accounts, which must succeed."""
    done = subprocess.run([PROGRAM, *words, "--data", folder / "data"], input=password, text=True,
                          capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def add_user(folder: Path, name: str, role: str = "operator") -> None:
    """By the command line."""
    harvester(folder, "user", "add", name, "--role", role, "--password-stdin",
              password=PASSWORD + "\n")


def add_token(folder: Path, name: str, role: str) -> dict[str, str]:
    """By the command line; the header that shows it."""
    secret = harvester(folder, "token", "add", name, "--role", role).strip()
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Harvester]]:
    """Start a node with an empty folder of plugins; it has to end well."""
    started: list[Harvester] = []

    def start(*options: str, changes: Sections | None = None) -> Harvester:
        started.append(Harvester(tmp_path, simulated(changes), options=options))
        return started[-1].__enter__()
    yield start
    for node in started:
        node.__exit__(None)


def wait_for_status(node: Harvester, client: Client, path: str, status: int) -> None:
    """The command line's changes are seen without a restart."""
    node.wait_until(f"{path} answers {status}", lambda: client.status("GET", path) == status)


# The first account

def test_closed_off_loopback(run: Callable[..., Harvester]) -> None:
    """Nothing is served but /healthz and the page that makes an account."""
    node = run(*EVERYWHERE)
    client = Client(node)
    assert client.reads() == client.presses() == 403
    for method, path in (("GET", "/api/v1/session"), ("POST", "/api/v1/session"), ("GET", "/no"),
                         ("DELETE", "/"), ("POST", "/push"), ("GET", "/api/v1/readings")):
        assert "no account yet" in client.ask(method, path).detail, path
    for path in ("/healthz", "/setup", "/account.js", "/account.css"):
        assert client.status("GET", path) == 200
    page = client.ask("GET", "/")
    assert b"<title>First account" in page.body
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "default-src 'none'" in policy


def every_route() -> list[tuple[str, str]]:
    """Method and path of each, with something for what stands in {}."""
    paths = json.loads((ROOT / "web/openapi.json").read_text())["paths"]
    return [(method.upper(), re.sub(r"{\w+}", "self", path))
            for path, methods in paths.items() for method in methods]


def test_every_route_is_guarded(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Closed without an account, and for nobody and nodes with one, but for what has to be open."""
    always = {"/healthz", "/setup", "/service-worker.js", "/account.js", "/account.css", "/api/v1/setup", "/login", "/assets/self"}
    anybody = {"/api/v1/session", "/readyz", "/api/v1/openapi.json"}
    routes = [(method, path) for method, path in every_route() if path not in always]
    of_nodes = [(method, path) for method, path in routes if path == "/push" or "/uplink/" in path]
    assert len(routes) > 20
    node = run(*EVERYWHERE)
    client = Client(node)
    assert {client.status(*route) for route in routes} == {403}
    add_user(tmp_path, "ann")
    wait_for_status(node, client, "/api/readings", 401)
    guarded = [(method, path) for method, path in routes if path not in anybody]
    assert {client.status(*route) for route in guarded} == {401}
    client.headers = add_token(tmp_path, "shed", "node")
    wait_for_status(node, client, "/api/readings", 403)
    assert {client.status(*route) for route in guarded if route not in of_nodes} == {403}
    assert 403 not in {client.status(*route) for route in of_nodes}
    client.headers = {"Authorization": "Bearer " + "A" * 43}
    assert {client.status(*route) for route in routes} == {401}


def test_public_read_opens_no_node_without_account(run: Callable[..., Harvester]) -> None:
    """Nor does push_without_token."""
    client = Client(run(*EVERYWHERE, changes={"http": {"public_read": True,
                                                       "push_without_token": True}}))
    assert client.reads() == client.presses() == 403


def test_set_up_by_link(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """The link of the log makes one account, once; it is in no place that others can read."""
    node = run(*EVERYWHERE)
    client = Client(node)
    token = node.wait_for_log(r"set up: http://\S+:\d+/setup#(\S{43})$")[1]
    account = {"user": "ann", "password": PASSWORD}
    assert client.status("POST", "/api/v1/setup", {**account, "token": token[:-1] + "~"}) == 403
    assert client.status("POST", "/api/v1/setup", {**account, "token": token},
                         Origin="http://evil.example") == 403
    refused = client.ask("POST", "/api/v1/setup", {"user": "ann", "password": "1234567",
                                                   "token": token})
    assert (refused.status, refused.detail) == (400, "the password needs 8 characters at least: choose a longer one")
    made = client.ask("POST", "/api/v1/setup", {**account, "token": token}, Origin=client.origin)
    assert made.status == 204
    assert client.reads() == client.presses() == 401
    assert client.status("POST", "/api/v1/setup", {**account, "user": "eve", "token": token}) == 403
    client.headers = {"Cookie": made.headers["Set-Cookie"].partition(";")[0],
                      "Origin": client.origin}
    assert client.reads() == client.presses() == 200
    assert token.encode() not in client.ask("GET", "/api/logs").body
    assert [user["name"] for user in json.loads(
        harvester(tmp_path, "user", "list", "--json"))["users"]] == ["ann"]


def test_set_up_by_command(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """The same without the link, while the node runs."""
    node = run(*EVERYWHERE)
    client = Client(node)
    add_user(tmp_path, "ann")
    wait_for_status(node, client, "/api/readings", 401)
    assert client.log_in("ann").status == 204
    assert client.reads() == client.presses() == 200


def test_no_link_with_an_account(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Nor on loopback."""
    node = run()
    assert not node.log("set up:")
    node.stop()
    add_user(tmp_path, "ann")
    assert not run(*EVERYWHERE).log("set up:")


# Accounts

def test_open_on_loopback_until_there_is_an_account(run: Callable[..., Harvester],
                                                    tmp_path: Path) -> None:
    """And again when the last one is removed, which the command says."""
    node = run()
    client = Client(node)
    assert client.reads() == client.presses() == 200
    assert json.loads(client.ask("GET", "/api/v1/session").body) == {
        "node": "test", "user": None, "role": "operator", "login_required": False, "open": True}
    add_user(tmp_path, "ann")
    wait_for_status(node, client, "/api/readings", 401)
    assert client.reads() == client.presses() == 401
    assert "that was the last account" in harvester(tmp_path, "user", "remove", "ann")
    wait_for_status(node, client, "/api/readings", 200)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0"])
def test_roles(run: Callable[..., Harvester], tmp_path: Path, listen: str) -> None:
    """Of users and of tokens."""
    add_user(tmp_path, "ann")
    add_user(tmp_path, "vic", "viewer")
    tokens = {role: add_token(tmp_path, role, role) for role in ("operator", "viewer", "node")}
    node = run("--listen", listen)
    client = Client(node)
    assert client.reads() == client.presses() == 401
    assert client.ask("GET", "/api/readings").headers["WWW-Authenticate"] == "Bearer"
    assert b"<title>Log in" in client.ask("GET", "/").body
    for user, pressing in (("ann", 200), ("vic", 403)):
        client = Client(node)
        assert client.log_in(user).status == 204
        assert (client.reads(), client.presses()) == (200, pressing)
    for role, expected in (("operator", (200, 200)), ("viewer", (200, 403)), ("node", (403, 403))):
        client = Client(node)
        client.headers = tokens[role]
        assert (client.reads(), client.presses()) == expected, role


def test_public_read(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Reading is open, the controls are not."""
    add_user(tmp_path, "ann")
    client = Client(run(*EVERYWHERE, changes={"http": {"public_read": True}}))
    assert (client.reads(), client.presses()) == (200, 401)
    assert client.log_in("ann").status == 204
    assert client.presses() == 200


def test_what_ends_a_session(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Logging out, a new password, the user's removal; a restart does not."""
    add_user(tmp_path, "ann")
    add_user(tmp_path, "ben")
    node = run(*EVERYWHERE)
    first, second = Client(node), Client(node)
    assert first.log_in("ann").status == second.log_in("ann").status == 204
    gone = first.ask("DELETE", "/api/v1/session")
    assert gone.status == 204 and "Max-Age=0" in gone.headers["Set-Cookie"]
    assert (first.reads(), second.reads()) == (401, 200)
    node.stop()
    node = run(*EVERYWHERE)
    again = Client(node)
    again.headers = {"Cookie": second.headers["Cookie"], "Origin": again.origin}
    assert again.reads() == again.presses() == 200
    harvester(tmp_path, "user", "password", "ann", "--password-stdin", password="another horse\n")
    wait_for_status(node, again, "/api/readings", 401)
    assert again.log_in("ann").status == 401
    assert again.log_in("ann", "another horse").status == 204
    harvester(tmp_path, "user", "remove", "ann")
    wait_for_status(node, again, "/api/readings", 401)


def test_streams_end_with_the_token(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Events that were allowed once are not for ever."""
    add_user(tmp_path, "ann")
    node = run(*EVERYWHERE)
    client = Client(node)
    client.headers = add_token(tmp_path, "wall", "viewer")
    wait_for_status(node, client, "/api/readings", 200)
    connection = client.connect()
    connection.request("GET", "/api/v1/events", headers=client.headers)
    answer = connection.getresponse()
    assert answer.status == 200 and answer.readline()
    harvester(tmp_path, "token", "revoke", "wall")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
    connection.close()
    assert client.reads() == 401


def test_last_use_is_kept(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """`token list` says when a token was used last."""
    add_user(tmp_path, "ann")
    headers = add_token(tmp_path, "script", "viewer")
    node = run(*EVERYWHERE)
    client = Client(node)
    client.headers = headers

    def used() -> int | None:
        return json.loads(harvester(tmp_path, "token", "list", "--json"))["tokens"][0]["used_ms"]
    assert used() is None
    assert client.reads() == 200
    assert node.wait_until("the use is written", used) > 1_700_000_000_000


# Attacks

# What may be asked under any name.
FOR_EVERYBODY = ("/healthz", "/service-worker.js", "/login", "/setup", "/account.css", "/account.js")


def test_a_name_that_was_made_to_point_here(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """DNS rebinding: a stranger's page has the user's place in the network, and its own name as Host."""
    stranger = {"Host": "evil.example:3000", "Origin": "http://evil.example:3000"}
    for changes in ({}, {"http": {"public_read": True}}):
        node = run(changes=changes)
        client = Client(node)
        if changes:
            add_user(tmp_path, "ann")
            wait_for_status(node, client, "/api/v1/session", 200)
        for method, path in every_route():
            if method == "GET" and path not in FOR_EVERYBODY and not path.startswith("/assets/"):
                assert client.status(method, path, Host="evil.example:3000") in (401, 403), path
        refused = client.ask("GET", "/api/readings", Host="evil.example:3000")
        assert refused.status == 403
        assert refused.detail.startswith("the Host header names evil.example, which is no known name of this node")
        assert "add it to host_names under [http]" in refused.detail
        assert {client.status("POST", path, **stranger) for path in PRESS} <= {401, 403}
        assert client.status("POST", "/api/v1/session", {"user": "ann", "password": PASSWORD}, **stranger) == 403
        assert {client.status("GET", path, Host="evil.example") for path in FOR_EVERYBODY} == {200}
        node.stop()


def test_names_that_are_right(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Those of the configuration, for a proxy or Prometheus; any name for who shows a token, as a node does."""
    node = run(changes={"http": {"host_names": ["farm.example"]}})
    client = Client(node)
    for host in ("farm.example", "farm.example:8080", "localhost:1", "127.0.0.1", "[::1]:3000"):
        assert client.status("GET", "/metrics", Host=host) == 200, host
        assert client.status("GET", "/", Host=host) == 200, host
    assert client.status("POST", "/api/buzzer/test", Host="farm.example", Origin="https://farm.example") == 200
    assert client.status("GET", "/metrics", Host="farm.example.evil.example") == 403
    node.stop()
    add_user(tmp_path, "ann")
    scraper, spoke = add_token(tmp_path, "prometheus", "viewer"), add_token(tmp_path, "shed", "node")
    client = Client(run(changes={"cluster": {"role": "hub"}}))
    assert client.status("GET", "/metrics", Host="hub.example", **scraper) == 200
    assert client.status("POST", "/push", [], Host="hub.example", **spoke) == 200
    assert client.status("POST", "/push", [], Host="hub.example") == 401


def test_guessing_is_slowed_down(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """After four tries each next one waits; the right password waits too."""
    add_user(tmp_path, "ann")
    client = Client(run(*EVERYWHERE))
    answers = [client.log_in("ann", "wrong horse") for _ in range(4)]
    assert {(answer.status, answer.detail) for answer in answers} == {
        (401, "the name or the password is wrong: try again")}
    answers = [client.log_in("ann") for _ in range(20)]
    assert 429 in {answer.status for answer in answers}
    for answer in answers:
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) >= 1
    assert client.status("GET", "/healthz") == 200


def test_unknown_names_look_like_known_ones(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """The answer does not tell who has an account."""
    add_user(tmp_path, "ann")
    client = Client(run(*EVERYWHERE))
    known, unknown = client.log_in("ann", "wrong horse"), client.log_in("eve", "wrong horse")
    assert (known.status, known.body) == (unknown.status, unknown.body)
    assert set(known.headers.keys()) == set(unknown.headers.keys())


@pytest.mark.parametrize("headers", [
    {}, {"Origin": "http://evil.example"}, {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"}, {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"}])
def test_cross_site_requests(run: Callable[..., Harvester], tmp_path: Path,
                             headers: dict[str, str]) -> None:
    """A browser's session is of no use to another site's page."""
    add_user(tmp_path, "ann")
    client = Client(run(*EVERYWHERE))
    client.log_in("ann")
    cookie = {"Cookie": client.headers["Cookie"]}
    client.headers = cookie
    for path in PRESS:
        answer = client.ask("POST", path, **headers)
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert client.status("DELETE", "/api/v1/session", **headers) == 403
    assert client.status("GET", "/api/readings") == 200


def test_planted_session(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """What a browser was made to hold before is not what it holds after the log-in."""
    add_user(tmp_path, "ann")
    client = Client(run(*EVERYWHERE))
    planted = {"Cookie": "harvester=" + "A" * 43, "Origin": client.origin}
    client.headers = dict(planted)
    assert client.log_in("ann").status == 204
    assert client.headers["Cookie"] != planted["Cookie"]
    client.headers = planted
    assert client.reads() == 401


def test_cookie(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """No script sees it, and no other site sends it."""
    add_user(tmp_path, "ann")
    cookie = Client(run(*EVERYWHERE)).log_in("ann").headers["Set-Cookie"]
    assert re.fullmatch(
        r"harvester=[\w-]{43}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict", cookie)


@pytest.mark.parametrize("damage", [b"This is no database.", b"",
                                    b"SQLite format 3\0" + b"\xa5" * 4096],
                         ids=["text", "empty", "nonsense"])
def test_damaged_accounts(run: Callable[..., Harvester], tmp_path: Path, damage: bytes) -> None:
    """Nobody is let in, on loopback either, and the log says why; nothing is moved or removed."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data/accounts.db"
    file.write_bytes(damage)
    node = run()
    node.wait_for_log(r"error web: .*/accounts\.db: .*: nobody is let in over HTTP")
    client = Client(node)
    assert client.reads() == client.presses() == 503
    assert client.log_in("ann").status == 503
    assert client.status("GET", "/healthz") == 200
    assert file.read_bytes() == damage
    done = subprocess.run([PROGRAM, "user", "add", "ann", "--password-stdin", "--data", tmp_path / "data"],
                          input=PASSWORD + "\n", text=True, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "damaged; restore a copy of it, or move it away" in done.stderr
    file.rename(tmp_path / "data/old")
    node.wait_for_log(r"error web: .*: No such file or directory: nobody is let in")
    assert client.reads() == 503
    add_user(tmp_path, "ann")
    wait_for_status(node, client, "/api/readings", 401)
    assert client.log_in("ann").status == 204


# https

def make_certificate(folder: Path, name: str, days: int = 30) -> None:
    """NAME.key and NAME.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-days", str(days), "-keyout",
                    folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, capture_output=True)


def tls_of(folder: Path, certificate: str, key: str) -> Sections:
    """The part of the configuration."""
    return {"http": {"tls_certificate": str(folder / certificate),
                     "tls_key": str(folder / key)}}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_https(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """Logging in, reading and pressing; no plain http, no old protocol; a cookie for https only."""
    make_certificate(tmp_path, "a")
    add_user(tmp_path, "ann")
    node = run(*EVERYWHERE, changes=tls_of(tmp_path, "a.pem", "a.key"))
    assert node.address.startswith("https://")
    client = Client(node, ssl.create_default_context(cafile=str(tmp_path / "a.pem")))
    assert client.reads() == 401
    cookie = client.log_in("ann").headers["Set-Cookie"]
    assert re.fullmatch(r"__Host-harvester=[\w-]{43}; Path=/; Max-Age=7776000; HttpOnly; "
                        r"SameSite=Strict; Secure", cookie)
    assert client.reads() == client.presses() == 200
    client.headers["Origin"] = client.origin.replace("https", "http")
    assert client.presses() == 403
    plain = http.client.HTTPConnection("127.0.0.1", client.port, timeout=PATIENCE)
    plain.request("GET", "/healthz")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.getresponse()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(node, old).reads()


def test_many_requests_over_https(run: Callable[..., Harvester], tmp_path: Path) -> None:
    """On one connection, with answers larger than a TLS record, and a stream beside them."""
    make_certificate(tmp_path, "a")
    node = run(changes=tls_of(tmp_path, "a.pem", "a.key"))
    client = Client(node, ssl.create_default_context(cafile=str(tmp_path / "a.pem")))
    stream, connection = client.connect(), client.connect()
    stream.request("GET", "/api/v1/events")
    events = stream.getresponse()
    assert events.status == 200 and events.readline()
    for _ in range(50):
        for path in ("/", "/api/logs", "/healthz"):
            connection.request("GET", path)
            assert connection.getresponse().read()
    stream.close()
    connection.close()


def test_bad_certificates(tmp_path: Path) -> None:
    """`check` and `run` say what is wrong with which file."""
    make_certificate(tmp_path, "a")
    make_certificate(tmp_path, "b")
    (tmp_path / "text").write_text("no certificate")
    (tmp_path / "plugins").mkdir()
    for pair, text in ((("a.pem", "b.key"), "b.key is not the key of"),
                       (("none.pem", "a.key"), "none.pem: cannot open this file (check its path, mode and owner): No such file or directory"),
                       (("text", "a.key"), "http.tls_certificate: "),
                       (("a.pem", "text"), "http.tls_key: ")):
        (tmp_path / "config.toml").write_text(simulated(tls_of(tmp_path, *pair)))
        options = ("--config", tmp_path / "config.toml", "--plugins", tmp_path / "plugins")
        done = command("check", *options)
        assert done.returncode == 1 and text in done.stdout, done.stdout
        done = command("run", *options, "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
        assert done.returncode == 1 and text in done.stderr, done.stderr
    (tmp_path / "config.toml").write_text(simulated(tls_of(tmp_path, "a.pem", "a.key")))
    done = command("check", *options)
    assert done.returncode == 0, done.stdout


# The commands

def test_user_commands(tmp_path: Path) -> None:
    """For people and for machines."""
    said = harvester(tmp_path, "user", "add", "ann", "--password-stdin", password="correct horse\n")
    assert said == f"ann can log in as operator ({tmp_path}/data/accounts.db)\n"
    assert (tmp_path / "data/accounts.db").stat().st_mode & 0o777 == 0o600
    assert json.loads(harvester(tmp_path, "user", "add", "vic", "--role", "viewer",
                                "--password-stdin", "--json", password=PASSWORD)) == {
        "name": "vic", "role": "viewer"}
    rows = [line.split() for line in harvester(tmp_path, "user", "list").splitlines()]
    assert [row[:2] for row in rows] == [["NAME", "ROLE"], ["ann", "operator"], ["vic", "viewer"]]
    assert json.loads(harvester(tmp_path, "user", "remove", "ann", "--json")) == {
        "name": "ann", "left": 1}
    assert harvester(tmp_path, "user", "remove", "vic").startswith("removed vic; that was")


def test_token_commands(tmp_path: Path) -> None:
    """The secret is shown once."""
    secret = harvester(tmp_path, "token", "add", "shed", "--role", "node").strip()
    assert re.fullmatch(r"[\w-]{43}", secret)
    assert secret not in harvester(tmp_path, "token", "list", "--json")
    assert secret.encode() not in (tmp_path / "data/accounts.db").read_bytes()
    made = json.loads(harvester(tmp_path, "token", "add", "s", "--role", "viewer", "--json"))
    assert made.keys() == {"name", "role", "token"}
    harvester(tmp_path, "token", "revoke", "shed")
    tokens = json.loads(harvester(tmp_path, "token", "list", "--json"))["tokens"]
    assert [(token["name"], token["role"], token["revoked_ms"] is None) for token in tokens] == [
        ("s", "viewer", True), ("shed", "node", False)]


@pytest.mark.parametrize("words, password, status, text", [
    (["user", "add", "eve", "--password-stdin"], "1234567", 1, "needs 8 characters at least"),
    (["user", "add", "eveeveeve", "--password-stdin"], "EveEveEve", 1, "must not be the user's name"),
    (["user", "add", "eve", "--password-stdin"], "", 1, "no password was given: write one line on stdin or in the terminal"),
    (["user", "add", "eve", "--password-stdin"], "p" * 257, 1, "256 bytes at most"),
    (["user", "add", "a/b", "--password-stdin"], PASSWORD, 1, "the name of a user must be"),
    (["user", "add", "ann", "--password-stdin"], PASSWORD, 1, "there is a user ann already"),
    (["user", "add", "eve", "--role", "node", "--password-stdin"], PASSWORD, 2,
     "--role must be viewer or operator, not node"),
    (["user", "add", "eve"], PASSWORD, 1, "use --password-stdin"),
    (["user", "remove", "eve"], "", 1, "there is no user eve"),
    (["user", "password", "eve", "--password-stdin"], PASSWORD, 1, "there is no user eve"),
    (["token", "add", "t"], "", 2, "--role is missing"),
    (["token", "add", "t", "--role", "root"], "", 2, "not root"),
    (["token", "revoke", "t"], "", 1, "there is no valid token t")])
def test_refused_commands(tmp_path: Path, words: list[str], password: str, status: int,
                          text: str) -> None:
    """Each with its reason, and nothing is changed."""
    add_user(tmp_path, "ann")
    before = harvester(tmp_path, "user", "list", "--json")
    done = subprocess.run([PROGRAM, *words, "--data", tmp_path / "data"], input=password,
                          text=True, capture_output=True, timeout=PATIENCE, check=False,
                          start_new_session=True)
    assert done.returncode == status and text in done.stderr, done.stderr
    assert harvester(tmp_path, "user", "list", "--json") == before


def test_password_at_a_terminal(tmp_path: Path) -> None:
    """Asked twice, and not shown."""
    def add(*answers: bytes) -> tuple[int, bytes]:
        pid, terminal = pty.fork()
        if not pid:
            os.execv(PROGRAM, [str(PROGRAM), "user", "add", "ann", "--data", str(tmp_path)])
        seen = b""
        for number, answer in enumerate(answers, 1):
            while seen.count(b"of ann: ") < number:
                seen += os.read(terminal, 1000)
            os.write(terminal, answer + b"\n")
        try:
            while data := os.read(terminal, 1000):
                seen += data
        except OSError:  # how a terminal's end shows
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen
    status, seen = add(b"correct horse", b"correct house")
    assert status == 1 and b"the two passwords differ: run the command again" in seen
    status, seen = add(b"correct horse", b"correct horse")
    assert status == 0 and b"ann can log in as operator" in seen and b"horse" not in seen
