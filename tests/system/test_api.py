"""/api/v1 as a script meets it: the document is true, events come, metrics are what Prometheus takes."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from node import PATIENCE, ROOT, Harvester, simulated

SCRIPT = "<script>alert(1)</script>"
EXAMPLES = 2  # of schemathesis for each operation, in each of its phases

# Whatever a plugin can say, with the characters that end a string or a tag.
HOSTILE = f'''
class Plugin:
    def __init__(self):
        self.polls = 0

    def poll(self):
        self.polls += 1
        print("{SCRIPT} \\\\\\" \\u2028")
        return [{{"sensor_id": "{SCRIPT}", "temperature": 21.5, "{SCRIPT}\\\\\\"": self.polls,
                  "text": "{SCRIPT}"}}]
'''


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """One node for all of this file, with the shipped plugins and a hostile one."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copytree(ROOT / "plugins", folder / "plugins",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "plugins" / "hostile.py").write_text(HOSTILE)
    with Harvester(folder, simulated({"polling": {"interval_seconds": 0.5}})) as node:
        node.wait_until("the hostile plugin has polled", lambda: hostile_reading(node))
        node.wait_for_value("dht22")
        yield node


def readings(node: Harvester) -> list[dict[str, Any]]:
    """Those of /api/v1/readings."""
    return node.get_json("/api/v1/readings")["readings"]


def hostile_reading(node: Harvester) -> dict[str, Any] | None:
    """The reading of the plugin above."""
    return next((one for one in readings(node) if one["plugin"] == "hostile"), None)


def problem(node: Harvester, path: str, method: str = "GET") -> dict[str, Any]:
    """The problem that a request is answered with."""
    request = urllib.request.Request(node.address + path, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=PATIENCE)
    assert caught.value.headers["Content-Type"] == "application/problem+json"
    body = json.load(caught.value)
    assert body["status"] == caught.value.code
    return body


def act(node: Harvester, path: str, body: Any = None, method: str = "POST") -> int:
    """The status of a POST, or another method."""
    request = urllib.request.Request(
        node.address + path, None if body is None else json.dumps(body).encode(),
        {} if body is None else {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Stream:
    """The events of a node, as a browser reads them."""

    def __init__(self, node: Harvester, last_id: str | None = None) -> None:
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        self.connection = http.client.HTTPConnection(node.address.removeprefix("http://"),
                                                     timeout=PATIENCE)
        self.connection.request("GET", "/api/v1/events", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        assert self.answer.headers["Content-Type"] == "text/event-stream"

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()

    def next(self) -> tuple[str, str, Any]:
        """Id, name and data of the next event."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode().rstrip("\n") or "data" not in fields:
            if isinstance(line, str) and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
        return fields["id"], fields["event"], json.loads(fields["data"])

    def until(self, name: str, condition: Callable[[Any], Any]) -> tuple[str, Any]:
        """Id and data of the next event of that name for which it is true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            number, event, data = self.next()
            if event == name and condition(data):
                return number, data
        raise AssertionError(f"no such event {name} came")


def test_openapi_is_true(harvester: Harvester, tmp_path: Path) -> None:
    """Schemathesis finds no answer that the document does not foresee."""
    program = Path(sys.executable).parent / "schemathesis"
    # The stream of events has no end.
    config = Path(__file__).with_name("schemathesis.toml")
    run = subprocess.run([program, "--config-file", config, "run",
                          f"{harvester.address}/api/v1/openapi.json", "--exclude-path",
                          "/api/v1/events", "--max-examples", str(EXAMPLES), "--no-color"],
                         cwd=tmp_path, capture_output=True, text=True, timeout=500,
                         check=False, env={**os.environ, "PYTHONPATH": str(config.parent)})
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested and int(tested[1]) >= 25, run.stdout[-2000:]


def test_a_head_has_a_limit(harvester: Harvester) -> None:
    """16 kB with all headers: a longer one is refused, and the next request is answered."""
    for size, status in ((12_000, 200), (17_000, 431)):
        connection = http.client.HTTPConnection(harvester.address.removeprefix("http://"),
                                                timeout=PATIENCE)
        connection.request("GET", "/api/v1/readings", headers={"X-Long": size * "a"})
        assert connection.getresponse().status == status, size
        connection.close()
    assert readings(harvester)


def test_readings(harvester: Harvester) -> None:
    """Units, age and status; the same as the first contract's readings otherwise."""
    found = {reading["sensor"]: reading for reading in readings(harvester)}
    dht22 = found["dht22"]
    assert dht22["units"] == {"temperature": "°C", "humidity": "%"}
    assert dht22["status"] == "ok" and dht22["error"] is None and dht22["simulated"]
    assert 0 <= dht22["age_ms"] < PATIENCE * 1000
    assert dht22["sensor_id"] == f"{dht22['node']}:dht22"
    assert set(found) == set(harvester.readings())


def test_scripts_are_text(harvester: Harvester) -> None:
    """What a plugin is called, says and measures is a string in JSON, and never a page."""
    def logged() -> list[dict[str, Any]]:
        return harvester.get_json("/api/v1/logs?source=hostile&search=script")["logs"]
    line = harvester.wait_until("its line is in the log", logged)[0]
    assert SCRIPT in line["text"] and line["node"] and line["level"] == "info"
    reading = hostile_reading(harvester)
    assert reading and reading["data"]["text"] == SCRIPT
    for path in ("/api/v1/readings", "/api/v1/logs", "/api/readings", "/api/logs",
                 f"/api/v1/nodes/{SCRIPT.replace('/', '%2f')}/fan", "/metrics", "/api/v1/plugins"):
        try:
            with urllib.request.urlopen(harvester.address + path, timeout=PATIENCE) as answer:
                headers = answer.headers
        except urllib.error.HTTPError as error:
            headers = error.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "html" not in headers["Content-Type"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def promtool() -> str:
    """Where it is; tools/setup has put it there."""
    cache = subprocess.run([ROOT / "tools" / "cache-dir"], capture_output=True, text=True,
                           check=True).stdout.strip()
    return shutil.which("promtool") or f"{cache}/promtool"


def test_metrics(harvester: Harvester) -> None:
    """Prometheus' own checker finds nothing to say, hostile names or not."""
    text = harvester.get("/metrics")
    run = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True,
                         timeout=PATIENCE, check=False)
    assert run.returncode == 0 and not run.stderr, run.stderr.decode()
    lines = text.decode()
    assert re.search(r'^harvester_reading_temperature_celsius{node="[^"]+",sensor="dht22",field="temperature"} \d',
                     lines, re.MULTILINE)
    assert re.search(r'^harvester_plugin_polls_total{plugin="dht22"} [1-9]', lines, re.MULTILINE)
    assert f'field="{SCRIPT}\\\\\\""' in lines or f'field="{SCRIPT}\\""' in lines
    # The checker is one that finds things.
    bad = subprocess.run([promtool(), "check", "metrics"], input=text + b"a{ 1\n",
                         capture_output=True, timeout=PATIENCE, check=False)
    assert bad.returncode != 0


def test_events(harvester: Harvester) -> None:
    """A whole snapshot, then each poll's readings at most a second after it."""
    with Stream(harvester) as stream:
        first = [stream.next() for _ in range(3)]
        assert [name for _, name, _ in first] == ["readings", "nodes", "plugins"]
        assert {one["sensor"] for one in first[0][2]["readings"]} == set(harvester.readings())
        assert first[1][2].keys() == {"nodes"} and first[2][2].keys() == {"plugins"}
        for _ in range(3):
            _, data = stream.until("readings", lambda data: any(
                reading["sensor"] == "dht22" for reading in data["readings"]))
            for reading in data["readings"]:
                assert reading["age_ms"] < 1000, reading


def test_missed_lines_come_again(harvester: Harvester) -> None:
    """With the id of the last event that it saw, a client misses no line of the log."""
    with Stream(harvester) as stream:
        last_id, data = stream.until("log", lambda data: data["logs"])
    seen = data["logs"][-1]["sequence"]
    missed = harvester.wait_until(
        "there are more lines",
        lambda: harvester.get_json(f"/api/v1/logs?after={seen}&limit=5")["logs"])
    with Stream(harvester, last_id) as stream:
        _, data = stream.until("log", lambda data: data["logs"])
    assert data["logs"][:len(missed)] == missed


def test_leds_shine_and_go_back(harvester: Harvester) -> None:
    """A colour for a second, then what the plugins set."""
    path = "/api/v1/nodes/self/leds"
    assert act(harvester, path, {"color": "#0102ff", "seconds": 1}) == 204
    leds = harvester.get_json(path)["leds"]
    assert len(leds) == 11 and set(leds) == {"#0102ff"}
    harvester.wait_until("the plugins' colours are back",
                         lambda: "#0102ff" not in harvester.get_json(path)["leds"])


def test_buttons(harvester: Harvester) -> None:
    """By `self` and by name; another node is unknown."""
    node = harvester.get_json("/api/v1/nodes")["nodes"][0]
    assert node["is_self"] and node["devices"] == {"buzzer": True, "fan": True, "leds": 11}
    assert act(harvester, "/api/v1/nodes/self/buzzer", {"pattern": "single"}) == 204
    assert act(harvester, f"/api/v1/nodes/{node['node']}/fan", {"action": "test"}) == 204
    assert harvester.get_json("/api/v1/nodes/self/fan") == {"on": True}
    assert act(harvester, "/api/v1/nodes/elsewhere/buzzer", {"pattern": "single"}) == 404


def test_compression_and_tags(harvester: Harvester) -> None:
    """The document comes compressed to who takes it so, and once to who has it."""
    url = harvester.address + "/api/v1/openapi.json"
    whole = harvester.get("/api/v1/openapi.json")
    packed = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(packed, timeout=PATIENCE) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) < len(whole) / 3
        tag = answer.headers["ETag"]
    known = urllib.request.Request(url, headers={"If-None-Match": tag})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(known, timeout=PATIENCE)
    assert caught.value.code == 304


def test_plugins_are_managed(plugins: Path, start: Callable[..., Harvester]) -> None:
    """Approved, reloaded, disabled, enabled; the stream says so."""
    (plugins / "light.py").write_text("def poll():\n    return {'x': 1}\n")
    (plugins / "light.permission.toml").write_text("allow_leds = true\n")
    node = start({"permissions": {"auto_approve": False}})
    path = "/api/v1/plugins/light"

    def has_state(*states: str) -> Callable[[dict[str, Any]], bool]:
        return lambda data: any(plugin["name"] == "light" and plugin["state"] in states
                                for plugin in data["plugins"])

    node.wait_until("it waits", lambda: node.plugin("light").get("state") == "needs approval")
    with Stream(node) as stream:
        stream.until("plugins", has_state("needs approval"))
        assert act(node, f"{path}/approve") == 400
        request = node.plugin("light")["request"]
        assert (request["asks_for"], request["is_approved"]) == (["LEDs"], False)
        assert node.post(f"{path}/approve", {"digest": request["digest"]}) == (204, None)
        stream.until("plugins", has_state("idle", "calling"))
        assert act(node, f"{path}/reload") == 204
        assert act(node, f"{path}/disable") == 204
        stream.until("plugins", has_state("disabled"))
        assert act(node, f"{path}/reload") == 409
        assert act(node, f"{path}/enable") == 204
        stream.until("plugins", has_state("idle", "calling"))
    assert act(node, "/api/v1/plugins/none/reload") == 404
    assert act(node, f"{path}/remove") == 404


def test_approval_of_what_was_seen(plugins: Path, start: Callable[..., Harvester]) -> None:
    """Between the look and the word the file asks for more: that is not approved, and is told."""
    (plugins / "light.py").write_text("def poll():\n    return {'x': 1}\n")
    (plugins / "light.permission.toml").write_text("allow_leds = true\n")
    node = start({"permissions": {"auto_approve": False}})
    node.wait_until("it waits", lambda: node.plugin("light").get("state") == "needs approval")
    seen = node.plugin("light")["request"]
    (plugins / "light.permission.toml").write_text("allow_leds = true\nallow_buzzer = true\n")
    node.wait_until("the node has seen it", lambda: node.plugin("light")["request"] != seen)
    status, answer = node.post("/api/v1/plugins/light/approve", {"digest": seen["digest"]})
    assert status == 409
    assert answer["request"] == node.plugin("light")["request"]
    assert answer["request"]["asks_for"] == ["LEDs", "buzzer"]
    assert node.plugin("light")["state"] == "needs approval"
    digest = answer["request"]["digest"]
    assert node.post("/api/v1/plugins/light/approve", {"digest": digest}) == (204, None)
    node.wait_for_value("light")


def test_newer_version_is_approved(plugins: Path, start: Callable[..., Harvester]) -> None:
    """The old version runs on with what it was granted; what the new one asks for can be approved."""
    (plugins / "light.py").write_text("def poll():\n    return {'x': 1}\n")
    node = start({"permissions": {"auto_approve": False}})
    node.wait_for_value("light")
    assert node.plugin("light")["request"]["is_approved"]
    (plugins / "light.permission.toml").write_text("allow_leds = true\n")
    node.wait_for_log(" warning light: not started: waiting for approval of LEDs")
    plugin = node.plugin("light")
    assert (plugin["asks_for"], plugin["request"]["asks_for"]) == ([], ["LEDs"])
    assert not plugin["request"]["is_approved"]
    body = {"digest": plugin["request"]["digest"]}
    assert node.post("/api/v1/plugins/light/approve", body) == (204, None)
    node.wait_for_log(" info light: the new version has taken over$")
    assert node.plugin("light")["granted"]["leds"]


def test_card_of_a_removed_plugin_is_dismissed(plugins: Path,
                                               start: Callable[..., Harvester]) -> None:
    """By its reader, not while its plugin is there; the stream tells what is left, and it comes back with
    the plugin.
    """
    for name in ("one", "two"):
        (plugins / f"{name}.py").write_text("def poll():\n    return {'x': 1}\n")
    node = start()
    node.wait_for_value("one")
    node.wait_for_value("two")
    assert problem(node, "/api/v1/readings/test:one", "DELETE")["detail"].startswith(
        "the plugin of test:one is not removed: ")
    (plugins / "one.py").unlink()
    node.wait_for_error("one")
    removed = {reading["sensor"]: reading["removed"]
               for reading in node.get_json("/api/v1/readings")["readings"]}
    assert removed == {"one": True, "two": False}
    with Stream(node) as stream:
        stream.until("readings", lambda data: data["readings"])
        assert act(node, "/api/v1/readings/test:one", method="DELETE") == 204
        stream.until("sensors", lambda data: data["sensors"] == ["test:two"])
    assert list(node.readings()) == ["two"]
    assert act(node, "/api/v1/readings/test:one", method="DELETE") == 404
    (plugins / "one.py").write_text("def poll():\n    return {'x': 2}\n")
    assert node.wait_for_value("one") == {"x": 2}


def test_failing_plugin_is_not_idle(plugins: Path, start: Callable[..., Harvester]) -> None:
    """Its process is there and it is ready to be polled, but each poll fails."""
    (plugins / "one.py").write_text("def poll():\n    raise OSError('wire off')\n")
    node = start()
    node.wait_until("it fails", lambda: node.plugin("one").get("errors", 0) > 3)
    plugin = node.plugin("one")
    assert (plugin["state"], plugin["restarts"]) == ("failing", 0)
    assert plugin["reason"] == "OSError: wire off (one.py, line 2)"
    (plugins / "one.py").write_text("def poll():\n    return {'x': 1}\n")
    node.wait_for_value("one")
    assert node.plugin("one")["state"] in ("idle", "calling")


def test_readiness_says_why(plugins: Path, start: Callable[..., Harvester]) -> None:
    """A plugin that cannot be loaded keeps a node from being ready, but not from being alive."""
    with_plugin = start()
    with_plugin.wait_until("it is ready", lambda: is_ready(with_plugin))
    (plugins / "broken.py").write_text("raise ValueError('broken on purpose')\n")
    with_plugin.wait_until("it is not ready", lambda: not is_ready(with_plugin))
    body = problem(with_plugin, "/readyz")
    assert any(reason.startswith("plugin broken: ") for reason in body["reasons"]), body
    assert with_plugin.get_json("/healthz") == {"status": "ok"}
    (plugins / "broken.py").unlink()
    with_plugin.wait_until("it is ready again", lambda: is_ready(with_plugin))


def is_ready(node: Harvester) -> bool:
    """What /readyz says by its status."""
    try:
        node.get("/readyz")
    except urllib.error.HTTPError as error:
        assert error.code == 503
        return False
    return True
