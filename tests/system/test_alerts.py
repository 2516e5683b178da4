"""Alerts of the real node: told once, over kills; to services that fail, hang and lie."""
import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest
from node import Harvester, command, simulated

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

# Its value stands in the settings of the configuration.
PLUGIN = """
from wit_world.imports import settings
import json

def poll():
    return {"sensor_id": "oven", "temperature": float(json.loads(settings.get_all())["value"])}

def describe():
    return [{"field": "temperature", "unit": "°C"}]
"""


class Service(ThreadingHTTPServer):
    """A service that answers as `behaviour` says, and remembers the requests that it accepted."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = "accept"
        self.tried: list[str] = []
        self.accepted: list[tuple[str, dict[str, str], bytes]] = []
        self.other = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def bodies(self) -> list[Any]:
        """What was accepted, parsed."""
        return [json.loads(body) for _, _, body in self.accepted]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
        """Say nothing."""

    def do_POST(self) -> None:
        """Behave."""
        service = self.server
        assert isinstance(service, Service)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service.tried.append(service.behaviour)
        if service.behaviour == "accept":
            service.accepted.append((self.path, {key.lower(): value for key, value
                                                 in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()
        elif service.behaviour == "fail":
            self.send_error(503)
        elif service.behaviour == "refuse":
            self.send_error(403)
        elif service.behaviour == "redirect":
            self.send_response(307)
            self.send_header("Location", service.other)
            self.end_headers()
        elif service.behaviour == "huge":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(16384):
                    self.wfile.write(bytes(65536))
            except OSError:
                service.tried.append("cut off")
        elif service.behaviour == "slow":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(60):  # seconds: an answer that takes a minute
                    self.wfile.write(b" ")
                    time.sleep(1)
            except OSError:
                service.tried.append("cut off")
        elif service.behaviour == "lie":
            self.wfile.write(b"HTTP/1.1 two hundred\r\n\r\n")
            self.close_connection = True


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server that takes every mail."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.mails: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MailHandler(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """RFC 5321, as far as a client needs it."""
        self.wfile.write(b"220 mailbox\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.decode())
                assert isinstance(self.server, Mailbox)
                self.server.mails.append("".join(lines))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")


@pytest.fixture
def service() -> Iterator[Service]:
    """One service."""
    server = Service()
    yield server
    server.shutdown()


def write_config(folder: Path, value: float, channels: str = "", alert: str = "") -> str:
    """A node whose oven has this temperature."""
    (folder / "secret").write_text(SECRET + "\n")
    return simulated({"plugins.oven.settings": {"value": value}}) + f"""
[alerting]
allowed_hosts = ["127.0.0.1", "localhost"]
{channels}
[[alert]]
name = "oven-hot"
sensor = "oven"
field = "temperature"
above = 30
hysteresis = 2
{alert}
"""


def channel(kind: str, url: str, more: str = "") -> str:
    """A [[notify]] of its kind's name."""
    return f'[[notify]]\nname = "{kind}"\nkind = "{kind}"\nurl = "{url}"\n{more}\n'


def set_value(harvester: Harvester, folder: Path, config: str) -> None:
    """Another configuration, from now on."""
    (folder / "config.toml").write_text(config)
    os.kill(harvester.process.pid, signal.SIGHUP)


def alert(harvester: Harvester, name: str = "oven-hot") -> dict[str, Any]:
    """What the API says about it."""
    found = harvester.get_json("/api/v1/alerts")["alerts"]
    return next(item for item in found if item["name"] == name)


def wait_for_state(harvester: Harvester, state: str) -> None:
    """Until the alert is in this state."""
    harvester.wait_until(f"oven-hot is {state}", lambda: alert(harvester)["state"] == state)


def test_every_kind_of_channel(tmp_path: Path, plugins: Path, service: Service) -> None:
    """Each service gets its own format: that the alert fires, and that it ended."""
    (plugins / "oven.py").write_text(PLUGIN)
    mailbox = Mailbox()
    kinds = ["ntfy", "alertmanager", "apprise", "webhook", "smtp"]
    channels = channel("ntfy", service.url + "/", 'topic = "home"')
    channels += channel("alertmanager", service.url + "/api/v2/alerts")
    channels += channel("apprise", service.url + "/notify/key", 'tag = "all"')
    channels += channel("webhook", service.url + "/hook", f'secret_file = "{tmp_path}/secret"')
    channels += channel("smtp", f"smtp://127.0.0.1:{mailbox.server_address[1]}",
                        'from = "pi@example.org"\nto = "me@example.org"')
    notify = f"notify = {json.dumps(kinds)}"
    with Harvester(tmp_path, write_config(tmp_path, 31, channels, notify), plugins) as harvester:
        harvester.wait_until("all were told", lambda: len(service.accepted) == 4 and mailbox.mails)
        by_path = {path: (headers, body) for path, headers, body in service.accepted}
        note = json.loads(by_path["/"][1])
        assert note["topic"] == "home" and note["title"] == "oven-hot firing"
        assert note["message"] == "oven: temperature is 31 °C, above 30 °C"
        told = json.loads(by_path["/api/v2/alerts"][1])
        assert told[0]["labels"]["alertname"] == "oven-hot" and told[0]["startsAt"] < told[0]["endsAt"]
        assert json.loads(by_path["/notify/key"][1])["body"] == note["message"]
        headers, body = by_path["/hook"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        code = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == "v1," + code
        head, _, text = mailbox.mails[0].partition("\r\n\r\n")
        assert "To: me@example.org" in head
        assert base64.b64decode(text).decode() == note["message"]
        set_value(harvester, tmp_path, write_config(tmp_path, 20, channels, notify))
        harvester.wait_until("all know that it ended",
                   lambda: len(service.accepted) == 8 and len(mailbox.mails) == 2)
        assert service.bodies()[4:] and alert(harvester)["state"] == "ok"
        assert "harvester_alert_messages_sent_total 10" in harvester.get("/metrics").decode()


def ntfy(service: Service) -> str:
    """One channel."""
    return channel("ntfy", service.url + "/", 'topic = "home"')


def test_messages_have_the_names_of_the_owner(tmp_path: Path, plugins: Path, service: Service) -> None:
    """Name and room as the owner called them, and the unit as the plugin declared it."""
    (plugins / "oven.py").write_text(PLUGIN)
    names = '[sensors.oven]\nname = "Pizza oven"\nroom = "Kitchen"\n'
    rule = 'notify = ["ntfy"]\nmessage = "{room}: {name} ({sensor}) has {value} {unit}"'
    with Harvester(tmp_path, write_config(tmp_path, 31, names + ntfy(service), rule), plugins) as harvester:
        harvester.wait_until("it is told", lambda: len(service.accepted) == 1)
        assert service.bodies()[0]["message"] == "Kitchen: Pizza oven (oven) has 31 °C"


def test_told_once_over_kills(tmp_path: Path, plugins: Path, service: Service) -> None:
    """A node that is killed again and again tells that the oven is hot once, and that it ended once."""
    (plugins / "oven.py").write_text(PLUGIN)
    hot = write_config(tmp_path, 31, ntfy(service), 'notify = ["ntfy"]')
    service.behaviour = "fail"
    for _ in range(4):
        harvester = Harvester(tmp_path, hot, plugins)
        harvester.wait_for_log("ready")
        harvester.address = harvester.wait_for_log(r"info broker: ready (https?://\S+)$")[1]
        wait_for_state(harvester, "firing")
        tried = len(service.tried)
        harvester.wait_until("it was tried", lambda: len(service.tried) > tried)
        harvester.process.kill()
        harvester.process.wait()
    service.behaviour = "accept"
    with Harvester(tmp_path, hot, plugins) as harvester:
        harvester.wait_until("it is told", lambda: len(service.accepted) == 1)
        # Between limit and hysteresis: it goes on, and nothing is told.
        set_value(harvester, tmp_path, write_config(tmp_path, 29, ntfy(service), 'notify = ["ntfy"]'))
        harvester.wait_for_data("oven", "is cooler", lambda data: data.get("temperature") == 29)
        assert alert(harvester)["state"] == "firing"
        set_value(harvester, tmp_path, write_config(tmp_path, 20, ntfy(service), 'notify = ["ntfy"]'))
        harvester.wait_until("it is told that it ended", lambda: len(service.accepted) == 2)
        assert alert(harvester)["state"] == "ok"
    assert [body["title"] for body in service.bodies()] == ["oven-hot firing", "oven-hot resolved"]


@pytest.mark.parametrize("behaviour, why", [
    ("fail", "it answered with HTTP status 503"),
    ("redirect", "it redirects to another address, which is not followed"),
    ("huge", "the response has more than 65536 bytes"),
    ("lie", ""),
    ("slow", "timed out"),
])
def test_services_that_misbehave(tmp_path: Path, plugins: Path, service: Service, behaviour: str,
                                 why: str) -> None:
    """The message waits, the reason is shown, no other host is asked, and it arrives in the end."""
    (plugins / "oven.py").write_text(PLUGIN)
    other = Service()
    service.other = other.url + "/"
    service.behaviour = behaviour
    config = write_config(tmp_path, 31, ntfy(service), 'notify = ["ntfy"]')
    with Harvester(tmp_path, config, plugins) as harvester:
        harvester.wait_for_log('warning alert: cannot send to "ntfy": ')
        shown = harvester.get_json("/api/v1/alerts")["channels"][0]
        assert shown["waiting"] == 1 and shown["attempts"] >= 1 and why in shown["error"]
        service.behaviour = "accept"
        os.kill(harvester.process.pid, signal.SIGHUP)  # a reload ends the pause
        harvester.wait_until("it arrives", lambda: len(service.accepted) == 1)
        assert not other.tried
    other.shutdown()


def test_refusals_are_given_up(tmp_path: Path, plugins: Path, service: Service) -> None:
    """A service that refuses three times gets no more of it."""
    (plugins / "oven.py").write_text(PLUGIN)
    service.behaviour = "refuse"
    config = write_config(tmp_path, 31, ntfy(service), 'notify = ["ntfy"]')
    with Harvester(tmp_path, config, plugins) as harvester:
        harvester.wait_for_log('error alert: 1 notices to "ntfy" were given up: it answered with HTTP status 403')
        assert harvester.get_json("/api/v1/alerts")["counters"]["given_up"] == 1
        assert len(service.tried) == 3


def test_a_service_that_hangs(tmp_path: Path, plugins: Path, service: Service) -> None:
    """Polls, other channels and the end of the node do not wait for it."""
    (plugins / "oven.py").write_text(PLUGIN)
    silent = socket.create_server(("127.0.0.1", 0))
    channels = ntfy(service)
    channels += channel("apprise", f"http://127.0.0.1:{silent.getsockname()[1]}/")
    config = write_config(tmp_path, 31, channels, 'notify = ["apprise", "ntfy"]')
    with Harvester(tmp_path, config, plugins) as harvester:
        harvester.wait_until("the other is told", lambda: len(service.accepted) == 1)
    silent.close()


def test_acknowledge_snooze_and_test(tmp_path: Path, plugins: Path, service: Service) -> None:
    """By the command line; a snooze is kept over a restart."""
    (plugins / "oven.py").write_text(PLUGIN)
    data = ("--data", tmp_path / "data")
    config = write_config(tmp_path, 31, ntfy(service), 'notify = ["ntfy"]')
    with Harvester(tmp_path, config, plugins) as harvester:
        # Else both notices may go into one message.
        harvester.wait_until("it is told", lambda: len(service.accepted) == 1)
        assert command("alert", "ack", "oven-hot", *data).stdout == "oven-hot: acknowledged\n"
        assert alert(harvester)["subjects"][0]["acknowledged"]
        done = command("alert", "ack", "disk-nearly-full", *data)
        assert done.returncode == 1 and "the alert disk-nearly-full does not fire now" in done.stderr
        assert command("alert", "snooze", "oven-hot", "8h", *data).returncode == 0
        assert 28000 < alert(harvester)["snoozed_seconds"] <= 28800
        assert command("alert", "snooze", "oven-hot", "8 days", *data).returncode == 2
        assert command("alert", "test", "none", *data).returncode == 1
        assert command("alert", "test", "oven-hot", *data).returncode == 0
        harvester.wait_until("the test arrives", lambda: any(
            body["title"] == "oven-hot test" for body in service.bodies()))
        listed = command("alert", "list", *data).stdout
        assert "oven-hot" in listed and "pi:oven" not in listed and "test:oven: firing, value 31, acknowledged" in listed
    with Harvester(tmp_path, config, plugins) as harvester:
        assert alert(harvester)["snoozed_seconds"] > 28000
        harvester.wait_until("it is still acknowledged",
                   lambda: [item["acknowledged"] for item in alert(harvester)["subjects"]] == [True])


def test_rules_of_the_api(tmp_path: Path, plugins: Path) -> None:
    """They pass the configuration's checks, are kept on the disk, and end with their removal."""
    (plugins / "oven.py").write_text(PLUGIN)
    config = write_config(tmp_path, 31)
    rule = {"name": "mine", "sensor": "oven", "field": "temperature", "above": 25}
    with Harvester(tmp_path, config, plugins) as harvester:
        assert harvester.send("POST", "/api/v1/alerts", rule)[0] == 201
        status, problem = harvester.send("POST", "/api/v1/alerts", rule)
        assert status == 409 and "there is an alert with the name mine" in problem["detail"]
        status, problem = harvester.send("POST", "/api/v1/alerts", {**rule, "name": "b", "abov": 3})
        assert (status, problem["detail"]) == (400, "unknown key alert.abov, did you mean above?")
        status, problem = harvester.send("POST", "/api/v1/alerts",
                                         {**rule, "name": "b", "notify": ["phone"]})
        assert status == 400 and "there is no [[notify]]" in problem["detail"]
        status, problem = harvester.send("PATCH", "/api/v1/alerts/oven-hot", {"above": 3})
        assert status == 409 and "is in the configuration (line" in problem["detail"]
        assert harvester.send("DELETE", "/api/v1/alerts/plugin-failed")[0] == 409
        assert harvester.send("PATCH", "/api/v1/alerts/mine", {"severity": "critical"})[0] == 200
        harvester.wait_until("it fires", lambda: alert(harvester, "mine")["state"] == "firing")
    with Harvester(tmp_path, config, plugins) as harvester:
        kept = alert(harvester, "mine")
        assert kept["origin"] == "api" and kept["severity"] == "critical"
        assert harvester.send("DELETE", "/api/v1/alerts/mine")[0] == 204
        assert all(item["name"] != "mine" for item in harvester.get_json("/api/v1/alerts")["alerts"])


def test_outputs(tmp_path: Path, plugins: Path) -> None:
    """An alert lights its LED and runs the fan until it ends; acknowledged, the light goes off."""
    (plugins / "oven.py").write_text(PLUGIN)
    outputs = 'led = 3\ncolor = "#00ff00"\nfan = true\nbuzzer = "single"'
    with Harvester(tmp_path, write_config(tmp_path, 31, "", outputs), plugins) as harvester:
        harvester.wait_until("the LED is green", lambda: harvester.get_json(
            "/api/v1/nodes/self/leds")["leds"][3] == "#00ff00")
        harvester.wait_until("the fan runs", lambda: harvester.get_json("/api/v1/nodes/self/fan")["on"])
        assert harvester.send("POST", "/api/v1/alerts/oven-hot/acknowledge")[0] == 204
        harvester.wait_until("the LED is dark", lambda: harvester.get_json(
            "/api/v1/nodes/self/leds")["leds"][3] == "#000000")
        assert harvester.get_json("/api/v1/nodes/self/fan")["on"]
        set_value(harvester, tmp_path, write_config(tmp_path, 20, "", outputs))
        harvester.wait_until("the fan stops", lambda: not harvester.get_json("/api/v1/nodes/self/fan")["on"])


def test_quiet_hours_are_in_the_log(tmp_path: Path, plugins: Path, service: Service) -> None:
    """Nobody is told what fires and ends in quiet hours; the log has both."""
    (plugins / "oven.py").write_text(PLUGIN)
    hour = time.localtime().tm_hour
    rule = f'notify = ["ntfy"]\nquiet_hours = ["{(hour + 23) % 24:02}:00", "{(hour + 3) % 24:02}:00"]'
    with Harvester(tmp_path, write_config(tmp_path, 31, ntfy(service), rule), plugins) as harvester:
        harvester.wait_for_log("warning alert: oven-hot fires: oven: temperature is 31 °C, above 30 °C")
        set_value(harvester, tmp_path, write_config(tmp_path, 20, ntfy(service), rule))
        harvester.wait_for_log("info alert: oven-hot ended: ")
        assert not service.tried and not harvester.get_json("/api/v1/alerts")["counters"]["waiting"]


def test_rooms(tmp_path: Path, plugins: Path) -> None:
    """A rule for a room concerns the sensors that the owner puts there, from then on until they leave it."""
    (plugins / "oven.py").write_text(PLUGIN)
    rule = {"name": "warm-kitchen", "room": "Kitch*", "field": "temperature", "above": 25}
    with Harvester(tmp_path, simulated({"plugins.oven.settings": {"value": 31}}), plugins) as harvester:
        harvester.wait_for_value("oven")
        assert harvester.send("POST", "/api/v1/alerts", rule)[0] == 201
        assert harvester.send("PATCH", "/api/v1/sensors/test:oven", {"room": "Hall"})[0] == 204
        assert alert(harvester, "warm-kitchen")["definition"]["room"] == "Kitch*"
        assert alert(harvester, "warm-kitchen")["state"] == "ok"
        assert harvester.send("PATCH", "/api/v1/sensors/test:oven", {"room": "Kitchen"})[0] == 204
        harvester.wait_until("it fires", lambda: alert(harvester, "warm-kitchen")["state"] == "firing")
        assert harvester.send("PATCH", "/api/v1/sensors/test:oven", {"room": None})[0] == 204
        harvester.wait_until("it ends", lambda: alert(harvester, "warm-kitchen")["state"] == "ok")


SAYING = """
from wit_world.imports import buzzer_controller, led_controller

def poll():
    led_controller.set_led(5, 255, 128, 0)
    led_controller.sync_leds()
    buzzer_controller.beep(1, 50, 50)
    return {"temperature": 31.0}

def describe():
    return [{"field": "temperature", "unit": "°C", "quantity": "temperature"}]
"""


def test_who_set_an_output_and_why(tmp_path: Path, plugins: Path) -> None:
    """A plugin's LED and buzzer with the reading behind them; an alert's LED with its text."""
    (plugins / "oven.py").write_text(PLUGIN)
    (plugins / "lamp.py").write_text(SAYING)
    (plugins / "lamp.permission.toml").write_text("allow_leds = true\nallow_buzzer = true\n")
    with Harvester(tmp_path, write_config(tmp_path, 31, "", "led = 3"), plugins) as harvester:
        def outputs() -> Any:
            return harvester.get_json("/api/v1/nodes/self/outputs")
        harvester.wait_until("both LEDs are explained", lambda: [led["why"] for led in outputs()["leds"]] == [
            "oven: temperature is 31 °C, above 30 °C", "31.0 °C"])
        shown = outputs()
        assert [(led["led"], led["color"], led["by"], led["name"]) for led in shown["leds"]] == [
            (3, "#ff0000", "alert", "oven-hot"), (5, "#ff8000", "plugin", "lamp")]
        assert shown["buzzer"]["by"] == "plugin" and shown["buzzer"]["name"] == "lamp"
        assert all(0 < harvester.get_json("/api/v1/nodes")["nodes"][0]["last_seen_ms"] - led["since_ms"] < 600_000
                   for led in shown["leds"])
        (plugins / "lamp.py").unlink()
        harvester.wait_until("the plugin's LED is dark", lambda: [led["led"] for led in outputs()["leds"]] == [3])
