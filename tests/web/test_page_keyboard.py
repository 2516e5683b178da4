"""Plugins and log-in by keyboard alone: the order of Tab, a name for each stop, a focus that is seen, targets of 44 pixels."""
from typing import Any, Iterator

import pytest
from browser import Browser, on_desktop
from fake import FakeNode
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from test_page_access import axe, violations  # pylint: disable=unused-import

STOPS_MAX = 60
HEADER = ["Language: English. Change to Deutsch", "Colours: Automatic"]
SECTIONS = ["Overview", "Alerts", "Controls", "Logs", "Plugins"]
# What is wrong with the element that has the focus, to the eye and to the finger.
LOOK = """
    const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {wrong: [
        (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) && 'its focus is not seen',
        !e.classList.contains('skip') && (box.height < 43.9 || box.width < 43.9) && `it has ${box.width} x ${box.height} pixels`,
        !(at && (e.contains(at) || at.contains(e))) && `it is covered by ${at?.outerHTML.slice(0, 80)}`,
        e.tabIndex > 0 && 'it has an order of its own'].filter(Boolean), html: e.outerHTML.slice(0, 100)};
"""
# Before the first element, wherever the focus was.
TO_THE_TOP = "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"
# Behind the last element comes the browser itself, or at once the first one again.
IS_ROUND = """
    const e = document.activeElement, isRound = e === document.body || window.visited.has(e);
    window.visited.add(e);
    return isRound;
"""


def press(page: Browser, *keys: str) -> None:
    """On whatever has the focus."""
    ActionChains(page.driver).send_keys(*keys).perform()


def stop(page: Browser) -> str:
    """The name, as a screen reader says it, of what has the focus. Nothing may be wrong with it."""
    look: dict[str, Any] = page.script(LOOK)
    name = page.driver.switch_to.active_element.accessible_name
    assert name and not look["wrong"], f"{look['html']} ({name}): {look['wrong'] or 'it has no name'}"
    return name


def stops(page: Browser) -> Iterator[str]:
    """Of all that come with Tab from here on, to the last one."""
    page.script("window.visited = new Set()")
    for _ in range(STOPS_MAX):
        press(page, Keys.TAB)
        if page.script(IS_ROUND):
            return
        yield stop(page)
    raise AssertionError("Tab never comes to an end")


def go_to(page: Browser, wanted: str) -> None:
    """By Tab."""
    for name in stops(page):
        if name == wanted:
            return
    raise AssertionError(f"Tab never comes to {wanted}")


@pytest.fixture
def plugins(page: Browser, node: FakeNode) -> Browser:
    """The section."""
    page.driver.get(f"{node.address}/#plugins")
    page.wait("the table is there", lambda: "Details of door" in [one.get_attribute("aria-label") for one in page.all("#plugins button")])
    page.script(TO_THE_TOP)  # the address leads past the header
    return page


def test_plugins_in_order(plugins: Browser) -> None:
    """From the skip link to the last plugin; those that are closed have one stop each."""
    assert list(stops(plugins)) == ["Skip to the readings", *SECTIONS, *HEADER,
                                    *(f"Details of {name}" for name in ("bme680", "dht22", "door"))]


def test_the_details_of_a_plugin(plugins: Browser, axe: str) -> None:
    """Enter opens them; Tab goes through them before the next plugin; each stop names its plugin."""
    go_to(plugins, "Details of bme680")
    press(plugins, Keys.ENTER)
    plugins.wait_for_text("#plugins td", "It may")
    go_to(plugins, "Details of door")
    press(plugins, Keys.SPACE)
    plugins.wait_for_text("#plugins .approval", "GPIO4")
    assert list(stops(plugins))[:3] == ["Approve: door", "Disable: door", "Its log: door"]
    plugins.script(TO_THE_TOP)
    assert list(stops(plugins))[8:] == ["Details of bme680", "Reload: bme680", "Disable: bme680", "Its log: bme680",
                                                      "Details of dht22", "Details of door", "Approve: door", "Disable: door",
                                                      "Its log: door"]
    assert not violations(plugins, axe)


def test_a_plugin_is_approved(plugins: Browser, node: FakeNode) -> None:
    """The question is the browser's own; afterwards the focus is where it was."""
    go_to(plugins, "Details of door")
    press(plugins, Keys.ENTER)
    go_to(plugins, "Approve: door")
    press(plugins, Keys.ENTER)
    plugins.question()
    plugins.answer(True)
    plugins.wait_for_text("#plugins .approval .answer", "Approved.")
    assert node.posts == [("/api/v1/plugins/door/approve", {"digest": "a" * 64})]
    assert stop(plugins) == "Approve: door"


def test_a_link_to_a_plugin_brings_the_focus(page: Browser, node: FakeNode) -> None:
    """As from the strip on top: it is in another section, which is hidden from then on."""
    page.card("dht22")
    page.script("location.hash = 'plugins/dht22'")
    page.wait("its details are open", lambda: page.texts("#plugins .details .log, #plugins .details h2 a")[1])
    page.wait("it has the focus", lambda: page.driver.switch_to.active_element.accessible_name == "Details of dht22")
    press(page, Keys.TAB)
    assert stop(page) == "Reload: dht22"


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_log_in(browser: Browser, node: FakeNode, axe: str, is_asked_for: bool) -> None:
    """At /login, and in place of the page: the focus is in the first field, and Enter sends; what is wrong is said."""
    node.is_closed = node.is_locked = True
    node.session = {"node": "hub", "user": None, "role": None, "login_required": True, "open": False}
    browser.open(f"{node.address}/{'login' if is_asked_for else ''}")
    browser.wait_for_text("h2", "hub")
    browser.wait("the focus is there", lambda: browser.driver.switch_to.active_element.accessible_name == "User name")
    assert stop(browser) == "User name"
    assert list(stops(browser))[:2] == ["Password", "Log in"]
    browser.script(TO_THE_TOP)
    assert list(stops(browser)) == [*HEADER, "User name", "Password", "Log in"]
    assert not violations(browser, axe)
    browser.script(TO_THE_TOP)
    go_to(browser, "User name")
    node.problem = (401, "wrong")
    press(browser, "ann", Keys.TAB, "secret", Keys.ENTER)
    browser.wait_for_text("[role=alert]", "Wrong user name or password.")
    assert node.posts == [("/api/v1/session", {"user": "ann", "password": "secret"})]
    browser.wait("the password can be typed again", lambda: browser.driver.switch_to.active_element.accessible_name == "Password")
    assert browser.driver.switch_to.active_element.get_attribute("value") == ""
    assert not violations(browser, axe)


@on_desktop
def test_sections_by_keyboard(plugins: Browser) -> None:
    """Enter on a link: Tab goes on in its section. The skip link leads behind all of them."""
    go_to(plugins, "Logs")
    press(plugins, Keys.ENTER)
    plugins.one("#logs .log")
    first = next(stops(plugins))
    assert plugins.script("return document.activeElement.closest('#logs') !== null"), first
    plugins.script(TO_THE_TOP)
    go_to(plugins, "Skip to the readings")
    press(plugins, Keys.ENTER)
    assert next(stops(plugins)) == first
