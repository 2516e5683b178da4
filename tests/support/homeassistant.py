"""A real Home Assistant, in the Debian 13 that tools/setup-homeassistant makes, and what it knows: by its own API."""
import json
import os
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable

import websocket
from mosquitto import free_port, wait_until
from node import ROOT

TREE = Path(os.environ.get("HARVESTER_HOMEASSISTANT", "/nonexistent"))
CLIENT = "http://127.0.0.1/"
PASSWORD = "password"
START_SECONDS = 300.0
PATIENCE = 60.0

CONFIGURATION = """
homeassistant:
  name: Home
  unit_system: metric
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
frontend:
logger:
  default: warning
"""


class HomeAssistant:
    """One Home Assistant with a folder of its own, that can be stopped and started again. Use it in a `with`."""

    def __init__(self, folder: Path, more: str = "") -> None:
        """`more`: lines of its configuration."""
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.socket: websocket.WebSocket | None = None
        self.token, self.number = "", 0
        folder.mkdir(parents=True)
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self.port) + more)

    def __enter__(self) -> "HomeAssistant":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Life

    def start(self) -> None:
        """Start it, wait until it runs, and sign in."""
        command = [ROOT / "tools" / "debian-root", "run", TREE, "--scratch", f"{self.folder}.scratch", "--bind",
                   self.folder, "/opt/homeassistant/bin/hass", "--skip-pip", "-c", self.folder]
        with open(f"{self.folder}.log", "ab") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until("Home Assistant answers", self._answers, START_SECONDS)
            if not self.token:
                self._make_owner()
            self.connect()
            wait_until("Home Assistant runs", lambda: self.ask("get_config")["state"] == "RUNNING", START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it as its own service would: it says goodbye to the broker and writes its registries."""
        if self.socket:
            self.socket.close()
            self.socket = None
        if not self.process:
            return
        for pid in self._inside():
            os.kill(pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _inside(self) -> list[int]:
        """The process of Home Assistant below unshare's."""
        assert self.process
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    def log(self) -> str:
        """What it said."""
        return Path(f"{self.folder}.log").read_text(errors="replace")

    def _answers(self) -> bool:
        assert self.process and self.process.poll() is None, self.log()[-4000:]
        try:
            return self.request("GET", "/manifest.json") is not None
        except OSError:
            return False

    # Its API

    def request(self, method: str, path: str, body: Any = None, form: dict[str, str] | None = None) -> Any:
        """The JSON of an answer."""
        data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body else None
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def _make_owner(self) -> None:
        """The first user, and a token that stays good over restarts."""
        code = self.request("POST", "/api/onboarding/users", {
            "client_id": CLIENT, "name": "Owner", "username": "owner", "password": PASSWORD, "language": "en"})
        token = self.request("POST", "/auth/token", form={
            "client_id": CLIENT, "grant_type": "authorization_code", "code": code["auth_code"]})
        self.token = token["access_token"]
        self.connect()
        self.token = self.ask("auth/long_lived_access_token", client_name="tests", lifespan=1)

    def connect(self) -> None:
        """Open its websocket, again if it was open: it closes one whose other end answers nothing for a minute."""
        if self.socket:
            self.socket.close()
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{self.port}/api/websocket", timeout=PATIENCE)
        assert json.loads(self.socket.recv())["type"] == "auth_required"
        self.socket.send(json.dumps({"type": "auth", "access_token": self.token}))
        assert json.loads(self.socket.recv())["type"] == "auth_ok"

    def ask(self, kind: str, **words: Any) -> Any:
        """The result of a message of its websocket."""
        assert self.socket
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "type": kind, **words}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number and answer["type"] == "result":
                assert answer["success"], (kind, words, answer)
                return answer["result"]

    def add_mqtt(self, port: int) -> None:
        """What a person does under Settings, Devices & services, Add integration, MQTT."""
        flow = self.request("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        done = self.request("POST", f"/api/config/config_entries/flow/{flow['flow_id']}",
                            {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done

    def service(self, domain: str, name: str, entity_id: str, **data: Any) -> None:
        """Call a service for an entity."""
        self.ask("call_service", domain=domain, service=name, service_data=data, target={"entity_id": entity_id})

    # What it knows of us

    def states(self) -> dict[str, dict[str, Any]]:
        """The states of all entities, by their id."""
        return {state["entity_id"]: state for state in self.ask("get_states")}

    def state(self, entity_id: str) -> str | None:
        """One state; None if there is no such entity."""
        return self.states().get(entity_id, {}).get("state")

    def wait_for_state(self, entity_id: str, wanted: str | Callable[[str], bool]) -> dict[str, Any]:
        """The entity once its state is as wanted."""
        def look() -> dict[str, Any] | None:
            found = self.states().get(entity_id)
            is_good = found and (wanted(found["state"]) if callable(wanted) else found["state"] == wanted)
            return found if is_good else None
        return dict(wait_until(f"{entity_id} is {wanted}; it is {self.state(entity_id)}", look))

    def entities(self) -> dict[str, dict[str, Any]]:
        """The registry's entities of MQTT, by their unique id."""
        listed = self.ask("config/entity_registry/list")
        found = self.ask("config/entity_registry/get_entries",
                         entity_ids=[item["entity_id"] for item in listed if item["platform"] == "mqtt"])
        return {item["unique_id"]: item for item in found.values() if item}  # one that goes just now is None

    def devices(self) -> dict[str, dict[str, Any]]:
        """The registry's devices of MQTT, by the id that the node gave them."""
        return {word: device for device in self.ask("config/device_registry/list")
                for domain, word in device["identifiers"] if domain == "mqtt"}

    def area(self, device: dict[str, Any]) -> str | None:
        """The name of the room in which the device is."""
        names = {area["area_id"]: area["name"] for area in self.ask("config/area_registry/list")}
        return names.get(device["area_id"])
