"""Takes the pictures of docs/images; see tools/screenshots."""
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))

from browser import Browser  # pylint: disable=wrong-import-position
from node import ROOT, Harvester  # pylint: disable=wrong-import-position

IMAGES = ROOT / "docs" / "images"
# Name, size, colours, section, and whether the chart of the first sensor is open.
PICTURES = (
    ("dashboard", "desktop", "dark", "overview", False),
    ("dashboard-light", "desktop", "light", "overview", False),
    ("phone", "phone", "light", "overview", False),
    ("phone-dark", "phone", "dark", "overview", False),
    ("chart", "desktop", "light", "overview", True),
    ("controls", "phone", "light", "controls", False),
    ("logs", "desktop", "dark", "logs", False),
    ("plugins", "phone", "dark", "plugins", False),
)
ZOOMS = 13  # from an hour to the few minutes that were measured
SETTLE_SECONDS = 1.5  # drawing; nobody says when a picture is quiet


def take(browser: Browser, address: str, name: str, scheme: str, section: str,
         chart: bool) -> None:
    """One picture."""
    browser.prefer(scheme)
    browser.open(f"{address}/#{section}")
    browser.one(f"#{section}")
    if chart:
        browser.press("Chart of bme680")
        browser.press("Humidity")
        for _ in range(ZOOMS):
            browser.script("""const plot = document.querySelector('.plot');
                plot.dispatchEvent(new WheelEvent('wheel', {deltaY: -1, cancelable: true,
                    clientX: plot.getBoundingClientRect().right}))""")
    time.sleep(SETTLE_SECONDS)
    browser.driver.save_screenshot(str(IMAGES / f"{name}.png"))


def main() -> None:
    """See above."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = (ROOT / "config" / "demo.toml").read_text()
        with Harvester(folder, config, ROOT / "plugins") as harvester:
            time.sleep(float(sys.argv[1]))
            for size in ("desktop", "phone"):
                browser = Browser(size, folder / size)
                for picture, its_size, *how in PICTURES:
                    if its_size == size:
                        take(browser, harvester.address, picture, *how)
                browser.quit()
    print(f"{len(PICTURES)} pictures in {IMAGES}")


main()
