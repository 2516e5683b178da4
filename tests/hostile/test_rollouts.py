"""A hub that an attacker controls, against a real node; and a node that an attacker controls, against a real hub."""
import hashlib
import json
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from bundles import Key, write_plugin
from node import PATIENCE, Harvester, command, simulated

Answer = dict[str, Any]


class FakeHub:
    """Says what the test wants, and remembers what the node says."""

    def __init__(self) -> None:
        """It serves at once."""
        self.news = threading.Condition()
        self.questions: list[dict[str, Any]] = []
        self.answer: Answer = {"number": 0, "desired": []}
        self.files: dict[str, bytes] = {}
        self.parts: list[tuple[str, int]] = []
        self.nudges = 0
        self.is_closed = False
        self.part: Callable[[bytes, int], bytes] = lambda content, offset: content[offset:offset + 1000]
        hub = self

        class Handler(BaseHTTPRequestHandler):
            """The routes of a hub that a spoke uses."""

            protocol_version = "HTTP/1.1"

            def _send(self, body: Any, status: int = 200) -> None:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self) -> None:  # pylint: disable=invalid-name
                """Hello, readings, results and questions."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.endswith("/hello"):
                    self._send({"protocol": 2, "hub": "abc", "time_ms": int(time.time() * 1000), "descriptions_id": ""})
                elif "/updates" in self.path:
                    with hub.news:
                        hub.questions.append(json.loads(body))
                        hub.news.notify_all()
                        answer = hub.answer
                    self._send(answer)
                else:
                    self._send({"added": 0, "known": 0, "refused": 0})

            def do_GET(self) -> None:  # pylint: disable=invalid-name
                """Commands and bundles."""
                query = parse_qs(urlsplit(self.path).query)
                if "/bundle" in self.path:
                    digest, offset = query["digest"][0], int(query["offset"][0])
                    with hub.news:
                        hub.parts.append((digest, offset))
                        hub.news.notify_all()
                        part = hub.part(hub.files.get(digest, b""), offset)
                    self._send(part, 403 if hub.is_closed else 200)
                    return
                with hub.news:
                    hub.news.wait_for(lambda: hub.nudges, 1)
                    nudged, hub.nudges = hub.nudges > 0, 0
                self._send({"commands": [{"id": 1, "device": "updates"}] if nudged else []})

            def log_message(self, *_: Any) -> None:
                """Nothing."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the node may leave at any time
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def say(self, answer: Answer) -> list[dict[str, Any]]:
        """Give this answer; what the node has reported in the question after it."""
        with self.news:
            self.answer, asked = answer, len(self.questions)
            self.nudges = 1
            self.news.notify_all()
            assert self.news.wait_for(lambda: len(self.questions) > asked, PATIENCE), "the node does not ask"
            asked = len(self.questions)
            self.nudges = 1
            self.news.notify_all()
            assert self.news.wait_for(lambda: len(self.questions) > asked, PATIENCE), "the node does not ask again"
            return [report for question in self.questions[asked:] for report in question["reports"]]

    def wait_for(self, number: int, state: str) -> str:
        """The reason that the node reports with this state."""
        def look() -> list[str]:
            return [report["reason"] for question in self.questions for report in question["reports"]
                    if report["number"] == number and report["state"] == state]
        with self.news:
            assert self.news.wait_for(look, PATIENCE), f"{number} is not {state}: {self.questions[-3:]}"
            return look()[-1]


class Scene:
    """A node, its fake hub, and bundles by a key that the node trusts and by one that it does not."""

    def __init__(self, folder: Path) -> None:
        """The node runs and has asked once."""
        self.folder, self.hub = folder, FakeHub()
        self.keys = {name: Key(folder, name) for name in ("good", "other")}
        data = folder / "data"
        data.mkdir(mode=0o700)
        (data / "hub.json").write_text(json.dumps({"url": self.hub.address, "node": "cellar", "token": "t"}))
        (data / "hub.json").chmod(0o600)
        config = simulated({"cluster": {"node_id": "cellar"}, "history": {"commit_seconds": 0.2},
                            "updates": {"trusted_keys": [self.keys["good"].text()], "probation_polls": 1}})
        self.node = Harvester(folder, config, folder / "plugins").__enter__()
        self.number = int(time.time() * 1000)
        with self.hub.news:
            assert self.hub.news.wait_for(lambda: self.hub.questions, PATIENCE)

    def bundle(self, counter: int, name: str = "lamp", key: str = "good") -> dict[str, Any]:
        """A bundle that the fake hub has, as it would describe it truthfully."""
        plugin = write_plugin(self.folder / f"{name}-{counter}-{key}" / name, f"def poll():\n    return {{'value': {counter}}}\n",
                              "", f'version = "{counter}.0"\ncounter = {counter}\n')
        path = self.folder / f"{name}-{counter}-{key}.bundle"
        assert command("bundle", "build", plugin, "-o", path).returncode == 0
        self.keys[key].sign(path)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.hub.files[digest] = content
        self.number += 1
        return {"number": self.number, "task": "install", "name": name, "version": f"{counter}.0", "digest": digest,
                "size": len(content), "signature": Path(f"{path}.minisig").read_text()}

    def good(self, counter: int, name: str = "lamp") -> dict[str, Any]:
        """A version that is rolled out well."""
        desired = self.bundle(counter, name)
        self.hub.say({"number": desired["number"], "desired": [desired]})
        self.hub.wait_for(desired["number"], "good")
        return desired


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """With version 10 of the plugin, which the hub has rolled out."""
    made = Scene(tmp_path_factory.mktemp("scene"))
    made.good(10)
    yield made
    made.node.__exit__(None)
    made.hub.server.shutdown()


def unchanged(scene: Scene) -> None:
    """Version 10 runs, and nothing else was put there."""
    assert [path.name for path in scene.node.plugins.iterdir() if not path.name.startswith(".")] == ["lamp"]
    assert "10.0" in (scene.node.plugins / "lamp" / "bundle.toml").read_text()
    assert scene.node.plugin("lamp")["bundle"]["version"] == "10.0"


def test_old_desired_state(scene: Scene) -> None:
    """Played again: as a whole, or of one plugin within a newer one."""
    old = {**scene.bundle(11), "number": 1000}
    scene.hub.say({"number": 1000, "desired": [old]})
    assert "it is old" in scene.hub.wait_for(1000, "refused")
    scene.number += 1
    mixed = {**old, "number": 1001}
    scene.hub.say({"number": scene.number, "desired": [mixed]})
    assert "newer desired state of lamp" in scene.hub.wait_for(1001, "refused")
    unchanged(scene)


def test_number_of_the_future(scene: Scene) -> None:
    """It would make the node refuse all that follows."""
    number = scene.number + 10 * 86400 * 1000
    scene.hub.say({"number": number, "desired": [{**scene.bundle(12), "number": number}]})
    assert "in the future" in scene.hub.wait_for(number, "refused")
    unchanged(scene)


@pytest.mark.parametrize("change,says", [
    (lambda one: one, "does not trust"),
    (lambda one: {**one, "signature": None}, "has no signature"),
    (lambda one: {**one, "signature": "x" * 9000}, "signature"),
    (lambda one: {**one, "size": one["size"] - 512}, "SHA-256"),
], ids=["key", "unsigned", "signature", "size"])
def test_forged_bundle(scene: Scene, change: Callable[[dict[str, Any]], dict[str, Any]], says: str) -> None:
    """The node's own keys decide."""
    desired = change(scene.bundle(13, key="other"))
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    assert says in scene.hub.wait_for(desired["number"], "refused")
    unchanged(scene)


def test_other_bytes(scene: Scene) -> None:
    """Not the announced bundle, although it is signed."""
    desired, other = scene.bundle(14), scene.bundle(15)
    scene.hub.files[desired["digest"]] = scene.hub.files[other["digest"]]
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    assert "SHA-256" in scene.hub.wait_for(desired["number"], "refused")
    unchanged(scene)


def test_bundle_of_another_plugin(scene: Scene) -> None:
    """It would pass by the numbers of its own name."""
    desired = {**scene.bundle(16, "door"), "name": "lamp"}
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    assert "is of the plugin door, not of lamp" in scene.hub.wait_for(desired["number"], "refused")
    unchanged(scene)


def test_older_version(scene: Scene) -> None:
    """A new desired state of an old bundle: the bundle's counter decides."""
    desired = scene.bundle(9)
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    assert "older versions are not installed again" in scene.hub.wait_for(desired["number"], "refused")
    unchanged(scene)


def test_undo_of_what_the_hub_has_not_rolled_out(scene: Scene) -> None:
    """A hub cannot take back what the owner has installed, nor an older version."""
    desired = {**scene.bundle(17), "task": "undo"}
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    assert "only the version that it has rolled out last" in scene.hub.wait_for(desired["number"], "refused")
    unchanged(scene)


def test_bundle_that_is_withheld(scene: Scene) -> None:
    """The node asks what it is to run, and not for the bundle for ever."""
    scene.hub.is_closed = True
    desired = scene.bundle(19)
    scene.hub.say({"number": desired["number"], "desired": [desired]})
    with scene.hub.news:
        assert scene.hub.news.wait_for(lambda: (desired["digest"], 0) in scene.hub.parts, PATIENCE)
    scene.hub.say({"number": desired["number"], "desired": []})
    fetched = len(scene.hub.parts)
    scene.hub.say({"number": desired["number"], "desired": []})
    assert len(scene.hub.parts) == fetched
    scene.hub.is_closed = False
    unchanged(scene)


@pytest.mark.parametrize("change", [
    {"digest": "../../../../etc/passwd"}, {"digest": "A" * 64}, {"name": "../lamp"}, {"name": ""}, {"size": 0},
    {"size": 1 << 60}, {"number": -1}, {"number": 1 << 60}, {"task": "erase"}, {"version": "1\n2"}, {"signature": "x" * 20000}])
def test_malformed(scene: Scene, change: dict[str, Any]) -> None:
    """No part of it is used."""
    fetched = len(scene.hub.parts)
    desired = {**scene.bundle(18), **change}
    assert not scene.hub.say({"number": scene.number, "desired": [desired]})
    assert len(scene.hub.parts) == fetched
    unchanged(scene)


@pytest.mark.parametrize("answer", [{}, {"number": "x", "desired": {}}, {"number": 1 << 62, "desired": [1, None, []]},
                                    {"number": 5, "desired": [[[[]]]] * 1000}], ids=range(4))
def test_other_answers(scene: Scene, answer: Answer) -> None:
    """The node goes on asking."""
    assert not scene.hub.say(answer)
    unchanged(scene)


# A node that an attacker controls

def ask(hub: Harvester, token: str, path: str, body: Any = None) -> tuple[int, str]:
    """Status and text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(hub.address + path, data, {"Authorization": f"Bearer {token}",
                                                                "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Harvester, str, str]]:
    """A hub that rolls a bundle out to `barn`, the token of `attic`, and the bundle's digest."""
    folder = tmp_path_factory.mktemp("hub")
    key = Key(folder, "good")
    config = simulated({"cluster": {"node_id": "hub", "role": "hub"}, "updates": {"trusted_keys": [key.text()]}})
    hub = Harvester(folder, config, folder / "plugins").__enter__()
    tokens = {}
    for name in ("attic", "barn"):
        done = command("node", "invite", name, "--url", hub.address, "--data", folder / "data", "--json")
        tokens[name] = json.loads(done.stdout)["invitation"].split("token=")[1].split("&")[0]
        hello = {"protocol": 2, "node": name, "devices": {}}
        hub.wait_until("the token counts", lambda name=name, hello=hello:
                       ask(hub, tokens[name], "/api/v1/uplink/hello", hello)[0] == 200)
    plugin = write_plugin(folder / "lamp")
    bundle = folder / "lamp.bundle"
    assert command("bundle", "build", plugin, "-o", bundle).returncode == 0
    key.sign(bundle)
    done = command("rollout", "start", bundle, "--nodes", "barn", "--data", folder / "data", "--config", folder / "config.toml")
    assert done.returncode == 0, done.stderr
    yield hub, tokens["attic"], hashlib.sha256(bundle.read_bytes()).hexdigest()
    hub.__exit__(None)


def test_node_in_the_name_of_another(fallen: tuple[Harvester, str, str]) -> None:
    """Its token is for its own name."""
    hub, token, digest = fallen
    assert ask(hub, token, "/api/v1/uplink/updates?node=barn", {"reports": []})[0] == 403
    assert ask(hub, token, f"/api/v1/uplink/bundle?node=barn&digest={digest}&offset=0")[0] == 403


def test_node_that_reports_about_others(fallen: tuple[Harvester, str, str]) -> None:
    """A roll-out that it is not in does not change; it is told nothing of it, and gets no bundle."""
    hub, token, digest = fallen
    number = hub.get_json("/api/v1/rollouts")["rollouts"][0]["number"]
    for state in ("good", "refused", "offered", "x"):
        status, text = ask(hub, token, "/api/v1/uplink/updates?node=attic", {
            "reports": [{"number": number, "state": state, "reason": "x" * 10000}]})
        assert status == 200 and json.loads(text)["desired"] == [], text
    assert ask(hub, token, f"/api/v1/uplink/bundle?node=attic&digest={digest}&offset=0")[0] == 403
    rollout = hub.get_json("/api/v1/rollouts")["rollouts"][0]
    assert rollout["state"] == "running" and rollout["nodes"][0]["state"] == "pending"
    assert "harvester_rollout_reports_malformed_total 2\n" in hub.get("/metrics").decode()


def test_node_that_sends_too_much(fallen: tuple[Harvester, str, str]) -> None:
    """Limits, and what is shown is clean."""
    hub, token, _ = fallen
    path = "/api/v1/uplink/updates?node=attic"
    assert ask(hub, token, path, {"reports": [{}] * 65})[0] == 413
    assert ask(hub, token, path, {"reports": "x"})[0] == 400
    assert ask(hub, token, path, {"reports": [], "x": "y" * 70000})[0] == 413
    plugins = [{"name": "lamp", "version": "1", "digest": "0" * 64}] * 100 + [{"name": "<b>", "version": "1", "digest": "0" * 64}]
    assert ask(hub, token, path, {"reports": [], "plugins": [plugins[-1], *plugins]})[0] == 200
    shown = hub.get_json("/api/v1/rollouts")["nodes"]
    assert [(one["node"], len(one["plugins"])) for one in shown] == [("attic", 63)]


@pytest.mark.parametrize("query", ["digest=../../../etc/passwd", f"digest={'..%2F' * 21}x", "digest=" + "0" * 64,
                                   "digest=" + "0" * 64 + "&offset=-1", "digest=" + "0" * 64 + "&offset=9999999999999"])
def test_other_files_of_the_hub(fallen: tuple[Harvester, str, str], query: str) -> None:
    """Only a bundle that it was told to install."""
    hub, token, _ = fallen
    assert ask(hub, token, f"/api/v1/uplink/bundle?node=attic&{query}")[0] in (400, 403)
