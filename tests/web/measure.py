"""Figures of the page in Chromium, as JSON, for bench/page.py: measure.py RUNS.

The node is the tests' fake one, so that the page alone is measured. The phone's processor is
throttled to a quarter of this machine's.
"""
import gzip
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from browser import Browser
from fake import FakeNode, bundle, described, reading

SLOWER = 4
OPEN_SECONDS = 60
PAINT = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# The time of the first card with a value, noted by the page itself.
WATCH = """
new MutationObserver((_, watch) => {
    if (!document.querySelector('.rooms article dd')?.textContent) return;
    window.firstValue = performance.now();
    watch.disconnect();
}).observe(document, {subtree: true, childList: true, characterData: true});
"""
# From an event with every sensor to the frame in which all cards in view are drawn, and to that of the last one.
REDRAW = """
const done = arguments[0], cards = document.querySelector('harvester-cards');
cards.filters.search.value = 'no sensor is called so';
cards.show();
cards.filters.search.value = '';
cards.cards.clear();
const start = performance.now();
cards.show();
let seen;
const isSeen = () => [...document.querySelectorAll('.rooms article')].slice(0, 20).every(card =>
    card.getBoundingClientRect().top > innerHeight || card.querySelector('dd'));
const wait = () => {
    if (!seen && isSeen()) seen = performance.now() - start;
    if (cards.due.size) return requestAnimationFrame(wait);
    done([seen, performance.now() - start]);
};
requestAnimationFrame(wait);
"""
# Scrolls through the page and tells the share of frames that came in time.
SCROLL = """
const done = arguments[0], times = [];
const step = now => {
    times.push(now);
    scrollBy(0, 40);
    if (times.length < 120) return requestAnimationFrame(step);
    const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
    done(1000 / gaps[gaps.length >> 1]);
};
requestAnimationFrame(step);
"""


def home(files: Path, count: int) -> FakeNode:
    """A node with so many sensors, in rooms of twenty."""
    node = FakeNode(files)
    node.plugins, node.nodes = [], node.nodes[:1]
    node.readings = [described(reading("hub", f"sensor-{i}", {"temperature": 18.5 + i % 7, "humidity": 40.0},
                                       plugin=f"plugin-{i // 20}"), room=f"Room {i // 20}") for i in range(count)]
    return node


def cpu_seconds(browser: Browser) -> float:
    """What the page's process has used."""
    metrics = browser.command("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def one_load(browser: Browser, node: FakeNode, count: int) -> dict[str, float]:
    """Of one opening of the page."""
    browser.open(node.address)
    value = browser.wait("there is a value", lambda: browser.script("return window.firstValue"))
    paint = browser.wait("it is painted", lambda: browser.script(PAINT))
    browser.wait("all cards are there", lambda: len(browser.all(".rooms article")) == count)
    return {f"paint {count}": paint, f"value {count}": value}


def main() -> None:
    """See above."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = bundle(folder)
        found["weight"] = [float(sum(len(gzip.compress(path.read_bytes())) for path in files.iterdir()))]
        browser = Browser("phone", folder / "profile")
        browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        browser.command("Performance.enable")
        for count in (10, 200):
            node = home(files, count).start()
            browser.command("Emulation.setCPUThrottlingRate", rate=SLOWER)
            for _ in range(int(sys.argv[1])):
                figures: dict[str, Any] = one_load(browser, node, count)
                if count == 200:
                    seen, drawn = browser.driver.execute_async_script(REDRAW)
                    figures |= {"seen": seen, "draw": drawn,
                                "scroll": browser.driver.execute_async_script(SCROLL)}
                for key, figure in figures.items():
                    found.setdefault(key, []).append(float(figure))
            browser.command("Emulation.setCPUThrottlingRate", rate=1)
            before = cpu_seconds(browser)
            until = time.monotonic() + (OPEN_SECONDS if int(sys.argv[1]) > 2 else 5)
            while (left := until - time.monotonic()) > 0:
                node.push("readings")
                time.sleep(min(1.0, left))
            found[f"open {count}"] = [cpu_seconds(browser) - before]
            node.stop()
        browser.quit()
    print(json.dumps(found))


main()
