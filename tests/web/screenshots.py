"""Takes the pictures of docs/images; see tools/screenshots."""
import json
import shutil
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "support"))

from browser import Browser  # pylint: disable=wrong-import-position
from node import ROOT, Harvester  # pylint: disable=wrong-import-position

IMAGES = ROOT / "docs" / "images"
# Name, size, colours, language, and what the address names.
PICTURES = (
    ("dashboard", "desktop", "dark", "en", "overview"),
    ("chart", "desktop", "light", "en", "chart/demo%3Abme680?series=demo%3Abme680%2Ftemperature&series=demo%3Abme680%2Fhumidity"),
    ("plugins", "desktop", "light", "en", "plugins/bme680"),
    ("phone", "phone", "light", "de", "overview"),
)
# What an owner would have said of the demonstration's sensors.
WORDS: dict[str, dict[str, Any]] = {
    "demo:bme680": {"name": "Shelf", "room": "Living room"},
    "demo:bh1750": {"name": "Window", "room": "Living room"},
    "demo:dht22": {"name": "Door", "room": "Cellar"},
}
ALERT = {"name": "cellar-dry", "sensor": "dht22", "field": "humidity", "below": 60, "severity": "warning"}
SETTLE_SECONDS = 2.5  # drawing; nobody says when a picture is quiet


def send(address: str, method: str, path: str, body: dict[str, Any]) -> None:
    """One request with JSON."""
    request = urllib.request.Request(address + path, json.dumps(body).encode(), {"Content-Type": "application/json"},
                                     method=method)
    with urllib.request.urlopen(request, timeout=10):
        pass


def take(browser: Browser, address: str, name: str, scheme: str, language: str, place: str) -> None:
    """One picture."""
    browser.prefer(scheme)
    browser.speak(language)
    browser.open(f"{address}/#{place}")
    browser.wait("there are values", lambda: browser.all("article dd"))
    time.sleep(SETTLE_SECONDS)
    browser.driver.save_screenshot(str(IMAGES / f"{name}.png"))


def main() -> None:
    """See above."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = (ROOT / "config" / "demo.toml").read_text()
        # Without the monitor, which shows the machine that takes the pictures.
        shutil.copytree(ROOT / "plugins", folder / "plugins", ignore=shutil.ignore_patterns("pi4-monitor", "extra", "__pycache__"))
        with Harvester(folder, config, folder / "plugins") as harvester:
            time.sleep(float(sys.argv[1]))
            for sensor, words in WORDS.items():
                send(harvester.address, "PATCH", f"/api/v1/sensors/{urllib.parse.quote(sensor)}", words)
            for size in ("desktop", "phone"):
                browser = Browser(size, folder / size)
                for picture, its_size, *how in PICTURES:
                    if its_size == size:
                        take(browser, harvester.address, picture, *how)
                browser.quit()
                if size == "desktop":  # the phone's picture shows an alert
                    send(harvester.address, "POST", "/api/v1/alerts", ALERT)
    print(f"{len(PICTURES)} pictures in {IMAGES}")


main()
