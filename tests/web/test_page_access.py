"""For every eye and hand: no violation that axe-core finds, the keyboard, light and dark; and its weight."""
import gzip
import subprocess
from pathlib import Path

import pytest
from browser import Browser, on_phone
from fake import ROOT, FakeNode, line, plugin, reading
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

SECTIONS = ("overview", "alerts", "controls", "logs", "plugins")


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's source, from the cache of tools/setup."""
    modules = subprocess.check_output([ROOT / "tools" / "web-modules"], text=True).strip()
    return (Path(modules) / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Browser, axe: str) -> list[str]:
    """What axe finds, in a line each."""
    page.command("Runtime.evaluate", expression=axe)
    found = page.driver.execute_async_script("""
        const done = arguments[arguments.length - 1];
        axe.run(document, {resultTypes: ['violations']}).then(result => done(result.violations.map(
            one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.html + ' '
                + node.any.map(check => check.message).join(' ')).join(' | ')}`)))""")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_for_axe(page: Browser, node: FakeNode, axe: str, scheme: str) -> None:
    """In every section, with failures and stale values, and in the chart."""
    page.prefer(scheme)
    node.nodes[1]["online"] = False
    node.readings += [reading("hub", "broken", {"x": None}, status="error", error="no answer"),
                      reading("hub", "old", {"x": 1}, status="stale")]
    node.push("nodes")
    node.push("readings")
    page.card("broken")
    for section in SECTIONS:
        page.driver.get(f"{node.address}/#{section}")
        page.one(f"#{section}")
        assert not violations(page, axe)
    page.driver.get(f"{node.address}/#overview")
    page.press("Chart of dht22")
    page.one("dialog .plot canvas")
    assert not violations(page, axe)


def test_targets_are_large_enough(page: Browser, node: FakeNode) -> None:
    """44 pixels each way for every button, link and field, but links in a line of text; in every section and the chart."""
    small = """
        return [...document.querySelectorAll('button, a, input, select, summary')].filter(one => one.checkVisibility() &&
            one.type !== 'checkbox' && !one.classList.contains('skip')).map(one => [one, one.getBoundingClientRect()])
            .filter(([one, box]) => box.height && (box.height < 43.9 || (one.localName === 'button' && box.width < 43.9)))
            .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`)"""
    page.card("dht22")
    for section in SECTIONS:
        page.driver.get(f"{node.address}/#{section}")
        page.one(f"#{section}")
        assert not page.script(small)
    page.driver.get(f"{node.address}/#overview")
    page.press("Chart of dht22")
    page.one("dialog .plot canvas")
    assert not page.script(small)


@on_phone
def test_login_for_axe(browser: Browser, node: FakeNode, axe: str) -> None:
    """The page of its own."""
    browser.open(node.address + "/login")
    browser.one("form")
    assert not violations(browser, axe)


def test_keyboard(page: Browser) -> None:
    """The skip link, the sections, a chart and back, without a pointer."""
    def focused() -> str:
        return page.script("const e = document.activeElement; return e.getAttribute('aria-label') || e.textContent")

    def tab_to(text: str) -> None:
        for _ in range(40):
            ActionChains(page.driver).send_keys(Keys.TAB).perform()
            if text in focused():
                return
        raise AssertionError(f"no way to {text}")
    page.script("document.body.focus()")
    tab_to("Skip to the readings")
    tab_to("Logs")
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()
    page.one("#logs .log")
    page.script("location.hash = 'overview'")
    tab_to("Chart of bh1750")
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()
    page.one("dialog .plot canvas")
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.wait("the chart is closed", lambda: not page.all("dialog"))
    page.wait("the focus is back", lambda: focused() == "Chart of bh1750")


def test_light_and_dark(page: Browser, node: FakeNode) -> None:
    """As the device says, or as the switch says; it is kept."""
    def background() -> str:
        return page.script("return getComputedStyle(document.body).backgroundColor")
    page.prefer("light")
    light = background()
    page.prefer("dark")
    assert background() != light
    page.press("Colours: Automatic")
    page.wait("it is light", lambda: background() == light)
    page.driver.get(node.address + "/login")
    assert background() == light
    page.press("Colours: Light")
    page.wait("it is dark", lambda: background() != light)
    page.press("Colours: Dark")
    page.prefer("light")
    page.wait("it is automatic", lambda: background() == light)


def test_no_sideways_scrolling(page: Browser, node: FakeNode) -> None:
    """Whatever the names."""
    node.readings.append(reading("hub", "x" * 120, {"y" * 120: "z" * 400, "a": 1}))
    node.plugins.append(plugin("p" * 120, state="s" * 120, asked=["a" * 120], last_denied="d" * 400))
    node.lines.append(line(60, "t" * 400, source="s" * 120, node="n" * 120))
    node.nodes.append({**node.nodes[0], "node": "n" * 120, "is_self": False, "role": "r" * 120})
    for kind in ("readings", "plugins", "log", "nodes"):
        node.push(kind)
    page.card("x" * 120)
    for section in SECTIONS:
        page.script(f"location.hash = '{section}'")
        page.one(f"#{section}")
        assert page.script("return document.documentElement.scrollWidth <= innerWidth")


BROKEN = """
    const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (!text.parentElement.checkVisibility() || text.parentElement.closest('.visually-hidden, script, style, option')) continue;
        for (const {0: word, index} of text.data.matchAll(/(?<![\\p{L}\\d-])[\\p{L}\\d]{2,14}(?![\\p{L}\\d-])/gu)) {
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
            if (tops.size > 1) broken.push(word);
        }
    }
    return broken;
"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_word_is_broken(browser: Browser, node: FakeNode, language: str) -> None:
    """None of up to 14 letters, in any section, for a viewer too, whose header has the most; long words may be hyphenated."""
    node.session = {"node": "hub", "user": "annegret", "role": "viewer", "login_required": True, "open": False}
    node.nodes[1].update(online=False)
    node.plugins[0]["bundle"] = {"version": "1.0", "on_probation": True, "polls_left": 3, "rolled_back": None, "changed_here": None}
    node.alerts = [{"name": "oven", "origin": "api", "state": "firing", "severity": "critical", "snoozed_seconds": 7200, "subjects": [],
                    "definition": {"name": "oven", "watch": "sensor", "field": "temperature", "sensor": "dht22", "above": 30}}]
    browser.speak(language)
    try:
        browser.open(node.address)
        browser.card("dht22")
        for section in SECTIONS:
            browser.script(f"location.hash = '{section}'")
            browser.one(f"#{section}")
            browser.wait("the texts are there", lambda: browser.script("return document.querySelector('main').innerText.trim()"))
            assert not browser.script(BROKEN)
            assert browser.script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.speak("en-GB,en")


def test_weight(files: Path) -> None:
    """All of it, as a browser gets it: compressed."""
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in files.iterdir()}
    assert 20_000 < sum(sizes.values()) < 150_000, sizes
