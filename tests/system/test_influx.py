"""The real node writes its readings to a database: to one that fails, hangs and lies, and, if HARVESTER_VICTORIA
names its program (`make test-influx`), to a real VictoriaMetrics."""
import json
import os
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable

import pytest
from far_database import FarDatabase
from line_protocol import parse
from mosquitto import PATIENCE, free_port, wait_until
from node import COUNTER, Harvester, command

Start = Callable[..., Harvester]


def settings(url: str, **keys: Any) -> dict[str, dict[str, Any]]:
    """Sections of the configuration."""
    return {"influx": {"url": url, **keys}, "history": {"commit_seconds": 0.1}}


def without_gaps(counts: list[int]) -> bool:
    """Each number is there, and new numbers come in order; repetitions are allowed."""
    new = list(dict.fromkeys(counts))
    return new == list(range(new[0], new[0] + len(new)))


def test_readings_are_written_with_names_and_a_token(start: Start, plugins: Path, tmp_path: Path) -> None:
    """The request is InfluxDB's: path, org, bucket, precision and token; the lines are escaped."""
    (plugins / "odd.py").write_text(
        'def poll():\n    return {"sensor_id": "odd", "t": 21.5, "x y,z": True, "gone": None}\n')
    (tmp_path / "token").write_text("secret-1\n")
    with FarDatabase() as database:
        node = start(settings(database.url + "/", org="my org", bucket="b", token_file="token"))
        wait_until("a line comes", lambda: any("sensor=odd" in line for line in database.lines))
        path, headers, _ = database.requests[0]
        assert path == "/api/v2/write?precision=ms&bucket=b&org=my%20org"
        assert headers["Authorization"] == "Token secret-1"
        line = next(line for line in database.lines if "sensor=odd" in line)
        assert line.startswith("harvester,node=test,sensor=odd")
        assert " t=21.5,x\\ y\\,z=true " in line
        (tmp_path / "token").write_text("secret-2\n")
        wait_until("the new token is used", lambda: database.requests[-1][1]["Authorization"] == "Token secret-2")
        shown = node.get_json("/api/v1/influx")
        assert (shown["state"], shown["bucket"], shown["org"]) == ("ok", "b", "my org")
        assert "secret" not in json.dumps(shown)
        assert "harvester_influx_up 1" in node.get("/metrics").decode()
        status = command("influx", "status", "--data", tmp_path / "data")
        assert status.returncode == 0 and "bucket b of my org, ok" in status.stdout


ODD = r"""
def poll():
    return [{"sensor_id": "oven", "t": 21.5, "whole": 7, "on": True, "mode": 'a "b" \\ c', "gone": None, "list": [1],
             "x y,z=": 1e300, "small": -2.5e-7, "a\\": 1, "time": 3, "_field": 4},
            {"sensor_id": "empty", "t": None}]
"""


def test_each_line_is_exact_for_influxdb(start: Start, plugins: Path, tmp_path: Path) -> None:
    """A server as InfluxDB 2 is: it wants its token, and refuses what is no line protocol."""
    (plugins / "odd.py").write_text(ODD)
    (tmp_path / "token").write_text("right\n")
    with FarDatabase() as database:
        database.token = "right"
        node = start(settings(database.url, org="my org", bucket="a&b", token_file="token"))
        wait_until("lines come", lambda: sum("sensor=oven" in line for line in database.lines) > 3)
        for path, headers, _ in database.requests:
            assert path == "/api/v2/write?precision=ms&bucket=a%26b&org=my%20org"
            assert headers["Authorization"] == "Token right"
            assert headers["Content-Type"] == "text/plain; charset=utf-8"
        points = [parse(line) for line in database.lines]
        assert {point.measurement for point in points} == {"harvester"}
        assert not [point for point in points if point.tags["sensor"] == "empty"]
        oven = next(point for point in points if point.tags["sensor"] == "oven")
        assert {key: oven.tags[key] for key in ("node", "sensor")} == {"node": "test", "sensor": "oven"}
        assert oven.fields == {"t": 21.5, "whole": 7.0, "on": True, "mode": 'a "b" \\ c', "x y,z=": 1e300,
                               "small": -2.5e-7, "a%5c": 1.0, "time_": 3.0, "_field_": 4.0}
        assert 1_600_000_000_000 < oven.time < 4_000_000_000_000
        assert node.get_json("/api/v1/influx")["counters"]["empty"] > 0
        (tmp_path / "token").write_text("wrong\n")
        node.wait_for_log("HTTP status 401; check token_file, and that the token may write to the bucket: .*unauthorized")
        (tmp_path / "token").write_text("right\n")
        node.wait_for_log("the server accepts readings again")


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_may_ask_for_a_pause(start: Start, plugins: Path, status: int) -> None:
    """Retry-After counts, and nothing is lost by it."""
    (plugins / "steps.py").write_text(COUNTER)
    with FarDatabase(lambda lines: (status, "slow down", {"Retry-After": "4"})) as database:
        node = start(settings(database.url))
        node.wait_for_log(f"the server answered with HTTP status {status}: slow down")
        database.answer = lambda lines: (204, "")
        wait_until("readings come", lambda: len(database.counts()) > 5)
        assert database.times[1] - database.times[0] >= 3.9, "ours would be 1 s"
        assert without_gaps(database.counts()) and database.counts()[0] == 1


def test_nothing_is_lost_while_the_server_fails(start: Start, plugins: Path) -> None:
    """Errors, and restarts of the node, leave no gap."""
    (plugins / "steps.py").write_text(COUNTER)
    with FarDatabase() as database:
        node = start(settings(database.url))
        wait_until("readings come", lambda: len(database.counts()) > 5)
        database.answer = lambda lines: (503, "full")
        node.wait_for_log("warning influx: cannot write readings, trying again: the server answered with HTTP status 503")
        assert node.get_json("/api/v1/influx")["state"] == "failing"
        before = len(database.counts())
        database.answer = lambda lines: (204, "")
        wait_until("readings come again", lambda: len(database.counts()) > before + 5)
        assert without_gaps(database.counts())
        assert node.get_json("/api/v1/influx")["counters"]["failed"] > 0


def test_nothing_is_lost_over_kills_of_the_node(start: Start, plugins: Path, tmp_path: Path) -> None:
    """Each reading that the history has, from the first to the last that was written, was written."""
    (plugins / "steps.py").write_text(COUNTER)

    def times() -> set[int]:
        return {int(line.rsplit(" ", 1)[1]) for line in database.lines if "sensor=steps" in line}
    with FarDatabase() as database:
        for _ in range(3):
            node, before = start(settings(database.url)), len(times())
            wait_until("readings come", lambda before=before: len(times()) > before + 8)
            node.process.kill()
            node.process.wait()
        written = times()
    export = command("history", "export", "--data", tmp_path / "data", "--sensor", "steps")
    stored = {int(line.split(",")[0]) for line in export.stdout.splitlines()[1:]}
    assert len(stored) > 20
    assert {time for time in stored if min(written) <= time <= max(written)} <= written


def test_the_server_has_to_show_a_certificate(start: Start, plugins: Path, tmp_path: Path) -> None:
    """Without tls_ca the system's authorities decide, who do not know this one."""
    (plugins / "steps.py").write_text(COUNTER)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out",
                    tmp_path / "ca.pem"], check=True, capture_output=True, timeout=PATIENCE)
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "ca.pem").read_text() + (tmp_path / "key.pem").read_text())
    with FarDatabase(certificate=both) as database:
        node = start(settings(database.url))
        node.wait_for_log("warning influx: cannot write readings, trying again: .*certificate")
        assert not database.requests
        node.stop()
        start(settings(database.url, tls_ca="ca.pem"))
        wait_until("readings come", lambda: len(database.counts()) > 3)


def test_a_refused_reading_is_skipped_and_counted(start: Start, plugins: Path) -> None:
    """Requests are halved down to the one reading that the server does not take; all others arrive."""
    (plugins / "steps.py").write_text(COUNTER)
    with FarDatabase(lambda lines: (400, "field type conflict\x1b[31m") if any("count=3 " in line or "count=9 " in line
                                                                     for line in lines) else (204, "")) as database:
        database.hanging.clear()
        node = start(settings(database.url))
        wait_until("there is a backlog", lambda: node.plugin("steps")["polls"] > 14)
        database.hanging.set()
        wait_until("the feed goes on", lambda: bool(database.counts()) and max(database.counts()) > 14)
        counts = sorted(set(database.counts()))
        expected = [n for n in range(counts[0], counts[-1] + 1) if n not in (3, 9)]
        assert counts == expected
        counters = node.get_json("/api/v1/influx")["counters"]
        assert counters["refused"] == len([n for n in (3, 9) if n >= counts[0]]) > 0
        assert "harvester_influx_readings_refused_total" in node.get("/metrics").decode()
        node.wait_for_log("warning influx: the server refused a reading, which is skipped: field type conflict")
        assert "\x1b" not in node.text()


def test_a_server_that_lies_loses_no_readings(start: Start, plugins: Path) -> None:
    """A page with status 200 is no database; one that refuses everything is not fed the whole history."""
    (plugins / "steps.py").write_text(COUNTER)
    with FarDatabase(lambda lines: (200, "<h1>Welcome</h1>")) as database:
        node = start(settings(database.url))
        node.wait_for_log("a database answers with 204, so check that url leads to one")
        database.answer = lambda lines: (400, "org not found")
        node.wait_for_log("the server refuses one reading after the other; check org and bucket: org not found")
        refused = node.get_json("/api/v1/influx")["counters"]["refused"]
        assert 16 <= refused <= 18, "each further one waits for a growing pause"
        database.answer = lambda lines: (204, "")
        wait_until("the rest is written", lambda: len(database.counts()) > 3)
        assert without_gaps(database.counts())


def test_a_server_that_hangs_delays_no_stop(start: Start, plugins: Path) -> None:
    """While a request is on the way the node polls, answers and stops."""
    (plugins / "steps.py").write_text(COUNTER)
    with FarDatabase() as database:
        database.hanging.clear()
        node = start(settings(database.url))
        wait_until("a request is on the way",
                   lambda: node.get_json("/api/v1/influx")["counters"]["requests"] > 0)
        polls = node.plugin("steps")["polls"]
        wait_until("polls go on", lambda: node.plugin("steps")["polls"] > polls + 3)
        node.stop()


def test_a_missing_token_file_is_said(start: Start, plugins: Path) -> None:
    """The node runs, and the reason names the file."""
    (plugins / "steps.py").write_text(COUNTER)
    node = start(settings("http://127.0.0.1:1", token_file="nowhere"))
    node.wait_for_log("nowhere")
    assert "nowhere" in node.get_json("/api/v1/influx")["reason"]


def test_without_a_url_there_is_no_database(start: Start, tmp_path: Path) -> None:
    """The route and the command say what to set."""
    node = start()
    assert "harvester_influx" not in node.get("/metrics").decode()
    status = command("influx", "status", "--data", tmp_path / "data")
    assert status.returncode == 1 and "set url under [influx]" in status.stderr


@pytest.mark.skipif("HARVESTER_VICTORIA" not in os.environ, reason="make test-influx")
def test_a_real_victoria_metrics(start: Start, plugins: Path, tmp_path: Path) -> None:
    """What was written is found by a query, with its names, also those that need escapes."""
    (plugins / "steps.py").write_text(COUNTER)
    (plugins / "odd.py").write_text(
        'def poll():\n    return {"sensor_id": "odd", "t": 21.5, "on": True, "x y": 7, "mode": "grill"}\n')
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def query(text: str) -> list[dict[str, Any]]:
        parameters = urllib.parse.urlencode({"query": text})
        with urllib.request.urlopen(f"{url}/api/v1/query?{parameters}", timeout=PATIENCE) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    with subprocess.Popen([os.environ["HARVESTER_VICTORIA"], f"-httpListenAddr=127.0.0.1:{port}",
                           f"-storageDataPath={tmp_path / 'victoria'}", "-search.latencyOffset=1ms"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            node = start(settings(url))
            wait_until("readings are written",
                       lambda: node.get_json("/api/v1/influx")["counters"]["written"] > 10)
            wait_until("a query finds them", lambda: bool(query("last_over_time(harvester_count[5m])")))
            found = query("last_over_time(harvester_t[5m])")
            assert found[0]["metric"]["sensor"] == "odd" and found[0]["metric"]["node"] == "test"
            assert found[0]["value"][1] == "21.5"
            assert query('last_over_time(harvester_on[5m])')[0]["value"][1] == "1"
            assert query('last_over_time({__name__="harvester_x y"}[5m])')[0]["value"][1] == "7"
            assert node.get_json("/api/v1/influx")["counters"]["refused"] == 0
        finally:
            server.kill()
