"""Takes pictures of a real Home Assistant that shows a real node; see tools/screenshots-homeassistant."""
import base64
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("support", "web")]

# pylint: disable=wrong-import-position
from browser import Browser  # noqa: E402
from bundles import Key, write_plugin  # noqa: E402
from homeassistant import HomeAssistant  # noqa: E402
from mosquitto import Mosquitto  # noqa: E402
from node import ROOT, Harvester, command, to_toml  # noqa: E402

IMAGES = ROOT / "docs" / "images"
# Of the pictures below, those in the documents.
IN_DOCS = ("devices", "device", "dashboard", "phone")
# Name, size, colours, language, address; {} is a device's id.
PICTURES = (
    ("devices", "desktop", "light", "en", "/config/integrations/integration/mqtt"),
    ("device", "desktop", "light", "en", "/config/devices/device/{harvester_pi}"),
    ("dashboard", "desktop", "light", "en", "/the-house"),
    ("phone", "phone", "light", "en", "/the-house"),
    ("sensor", "desktop", "light", "en", "/config/devices/device/{harvester_pi_bme680}"),
    ("overview", "desktop", "light", "en", "/home/overview"),
    ("update", "desktop", "light", "en", "/the-house?more-info-entity-id=update.pi_update_soil"),
    ("history", "desktop", "light", "en", "/history?entity_id=sensor.pi_bme680_temperature,sensor.pi_bme680_humidity"),
    ("german", "desktop", "dark", "de", "/the-house"),
    ("offline", "desktop", "light", "en", "/the-house"),  # once the node is killed
)
PLUGINS = ("bh1750", "bme680", "dht22")
SECTIONS = {
    "cluster": {"node_id": "pi"},
    "polling": {"interval_seconds": 2},
    "leds": {"gpio_pin": 10},
    "hardware": {"backend": "sim", "seed": 1},
    "mqtt": {"allow_buzzer": True, "allow_fan": True, "allow_leds": True, "allow_approve": True},
    "sensors.bme680": {"name": "Shelf", "room": "Living Room"},
    "sensors.bh1750": {"name": "Window", "room": "Living Room"},
    "sensors.dht22": {"name": "Door", "room": "Cellar"},
}
ALERT = {"name": "cellar-dry", "sensor": "dht22", "field": "humidity", "below": 60, "severity": "warning"}
SOIL = """
def poll():
    return {"moisture": 41}

def describe():
    return [{"field": "moisture", "unit": "%", "quantity": "moisture", "kind": "measurement", "decimals": 0}]
"""
ONBOARDED = {"version": 4, "minor_version": 1, "key": "onboarding",
             "data": {"done": ["core_config", "analytics", "integration"]}}
SETTLE_SECONDS = 6.0  # drawing; nobody says when a picture is quiet


def tile(entity: str, hours: float = 0) -> dict:
    """A card of Home Assistant, with a line of so many hours."""
    features = [{"type": "trend-graph", "hours_to_show": hours}] if hours else []
    return {"type": "tile", "entity": entity, "features": features}


def section(name: str, icon: str, *cards: dict) -> dict:
    """Cards under a heading."""
    return {"type": "grid", "cards": [{"type": "heading", "heading": name, "icon": icon}, *cards]}


# As an owner would put it together, of what is suggested under "Add to dashboard".
DASHBOARD = {"views": [{"title": "House", "type": "sections", "max_columns": 3, "sections": [
    section("Living Room", "mdi:sofa",
            tile("sensor.pi_bme680_temperature", 1), tile("sensor.pi_bme680_humidity", 1),
            tile("sensor.pi_bme680_pressure"), tile("sensor.pi_bh1750_illuminance")),
    section("Cellar", "mdi:stairs-down",
            tile("sensor.pi_dht22_temperature", 1), tile("sensor.pi_dht22_humidity", 1),
            tile("binary_sensor.pi_alert_cellar_dry")),
    section("Node pi", "mdi:raspberry-pi",
            tile("sensor.pi_memory"), tile("binary_sensor.pi_connected"), tile("update.pi_update_soil"),
            tile("light.pi_leds"), tile("button.pi_buzzer"))]}]}


class Node:
    """A node with three sensors, a bundle whose new version waits for approval, and an alert."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.plugins, self.key = folder, folder / "plugins", Key(folder, "author")
        for name in PLUGINS:
            shutil.copytree(ROOT / "plugins" / name, self.plugins / name, ignore=shutil.ignore_patterns("__pycache__"))
        config = to_toml({**SECTIONS, "mqtt": {"url": url, **SECTIONS["mqtt"]},
                          "updates": {"trusted_keys": [self.key.text()]}})
        self.process = Harvester(folder, config, self.plugins)

    def __enter__(self) -> "Node":
        self.process.__enter__()
        for name in PLUGINS:
            self.give("plugin", "approve", name, "--yes")
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.__exit__(*exception)

    def give(self, *words: str | Path) -> None:
        """A command of the owner."""
        done = command(*words, "--data", self.folder / "data", "--config", self.folder / "config.toml",
                       "--plugins", self.plugins)
        assert done.returncode == 0, done.stderr

    def install(self, number: int, permission: str) -> None:
        """This version of the bundle."""
        folder = write_plugin(self.folder / str(number) / "soil", SOIL, permission,
                              f'version = "{number}.0"\ncounter = {number}\n')
        path = self.folder / f"soil-{number}.bundle"
        assert command("bundle", "build", folder, "-o", path).returncode == 0
        self.key.sign(path)
        self.give("plugin", "install", path)


def prepare(home: HomeAssistant, node: Node) -> None:
    """What the pictures show."""
    node.install(1, "")
    node.give("plugin", "approve", "soil", "--yes")
    home.wait_for_state("sensor.pi_soil_moisture", "41")
    node.install(2, "allow_gpio = [5]\n")
    assert node.process.send("POST", "/api/v1/alerts", ALERT)[0] == 201
    home.wait_for_state("update.pi_update_soil", "on")
    home.wait_for_state("binary_sensor.pi_alert_cellar_dry", "on")
    home.ask("lovelace/dashboards/create", url_path="the-house", title="House", icon="mdi:home-thermometer",
             require_admin=False, show_in_sidebar=True)
    home.ask("lovelace/config/save", url_path="the-house", config=DASHBOARD)


def log_in(browser: Browser, home: HomeAssistant, scheme: str, language: str) -> None:
    """By the token that the page would keep."""
    address = f"http://127.0.0.1:{home.port}"
    kept = {"hassTokens": {"hassUrl": address, "clientId": f"{address}/", "access_token": home.token,
                           "token_type": "Bearer", "refresh_token": "", "expires_in": 10**8, "expires": 10**13},
            "selectedLanguage": language, "selectedTheme": {"theme": "default", "dark": scheme == "dark"}}
    browser.open(f"{address}/manifest.json")
    for key, value in kept.items():
        browser.script("localStorage.setItem(arguments[0], arguments[1])", key, json.dumps(value))


def take(browser: Browser, home: HomeAssistant, picture: tuple[str, str, str, str, str], folder: Path) -> None:
    """One picture."""
    name, size, scheme, language, path = picture
    devices = {key: device["id"] for key, device in home.devices().items()}
    browser.resize(size)
    log_in(browser, home, scheme, language)
    browser.open(f"http://127.0.0.1:{home.port}{path.format(**devices)}")
    browser.wait("the page is drawn", lambda: browser.script("return !document.querySelector('#ha-launch-screen')"))
    time.sleep(SETTLE_SECONDS)
    data = browser.command("Page.captureScreenshot", format="webp", quality=80)["data"]
    (folder / f"homeassistant-{name}.webp").write_bytes(base64.b64decode(data))


def main() -> None:
    """tools/screenshots-homeassistant says which arguments."""
    seconds = float(sys.argv[1])
    others = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = HomeAssistant(folder / "home", "history:\nlogbook:\n")
        (home.folder / ".storage").mkdir()
        (home.folder / ".storage" / "onboarding").write_text(json.dumps(ONBOARDED))
        (folder / "node").mkdir()
        with Mosquitto(folder / "broker") as broker, home, Node(folder / "node", broker.url) as node:
            home.add_mqtt(broker.port)
            prepare(home, node)
            time.sleep(seconds)
            home.connect()
            browser = Browser("desktop", folder / "profile")
            # Logos of manufacturers are elsewhere.
            browser.command("Network.enable")
            browser.command("Network.setBlockedURLs", urls=["https://*"])
            for picture in PICTURES:
                if picture[0] == "offline":
                    node.process.process.kill()
                    node.process.process.wait()
                    home.wait_for_state("sensor.pi_memory", "unavailable")
                if picture[0] in IN_DOCS or others:
                    take(browser, home, picture, IMAGES if picture[0] in IN_DOCS else others or folder)
            browser.quit()
    print(f"{len(IN_DOCS)} pictures in {IMAGES}")


main()
