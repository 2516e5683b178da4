"""What cannot be reached: another node, and the page's own."""
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, reading


def test_a_node_that_is_offline(page: Browser, node: FakeNode) -> None:
    """Its cards at once, with since when; its controls off with why; the strip red; nothing of it says online."""
    page.card("bh1750")
    node.nodes[1].update(online=False, last_seen_ms=node.nodes[0]["last_seen_ms"] - 1_200_000)
    node.push("nodes")
    card = page.card("bh1750")
    page.wait("the card says so", lambda: "attic is offline, last seen 20 min ago" in card.text)
    assert "is-offline" in card.get_attribute("class")
    page.wait_for_text("harvester-alerts li", "attic has been offline for 20 min")
    assert page.script("return document.querySelector('harvester-alerts').dataset.kind") == "bad"
    assert "online" not in page.card("attic").text
    assert "offline" not in page.card("dht22").text
    page.script("location.hash = 'controls'")
    page.wait_for_text("#controls .note", "attic is offline: its devices cannot be operated until it is back.")
    assert not page.card("attic").find_element("css selector", "button").is_enabled()
    assert page.card("hub").find_element("css selector", "button").is_enabled()
    node.nodes[1].update(online=True, last_seen_ms=node.nodes[0]["last_seen_ms"])
    node.push("nodes")
    page.wait("its buttons are back", lambda: page.card("attic").find_element("css selector", "button").is_enabled())
    page.script("location.hash = 'overview'")
    page.wait("its cards are back", lambda: "offline" not in page.card("bh1750").text)


@on_phone
def test_the_page_opens_without_its_node(page: Browser, node: FakeNode) -> None:
    """As last seen: the values with their age, said to be stale, and live again by itself."""
    page.wait("the browser keeps the page", lambda: page.script("return navigator.serviceWorker.controller !== null"))
    page.driver.get(node.address + "/?again")  # its files pass the worker now
    page.wait("it is kept", lambda: page.script("return localStorage.getItem('harvester-last')"))
    page.driver.get(node.address)
    page.card("dht22")
    node.stop()
    page.driver.get("about:blank")
    page.driver.get(node.address)
    page.wait_for_text("article dd", "21.5 °C")
    page.wait_for_text("harvester-status", "Stale")
    page.wait_for_text("harvester-alerts", "This page gets no data from its node.")
    assert page.state() == "lost"
    page.wait_for_card("dht22", "stale")
    node.start()
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": 25.0})]})
    page.wait("it is live", lambda: page.state() == "live")


@on_desktop
def test_logged_out(browser: Browser, node: FakeNode) -> None:
    """A log-in that looks like the product, in the reader's language; a wrong password is told."""
    node.is_closed = node.is_locked = True
    node.problem = (401, "no such user")
    browser.speak("de")
    try:
        browser.open(node.address)
        browser.wait_for_text("form h2", "hub")
        browser.one("input[name=user]").send_keys("ann")
        browser.one("input[name=password]").send_keys("wrong")
        browser.press("Anmelden")
        browser.wait_for_text("[role=alert]", "Benutzername oder Passwort ist falsch.")
        font = browser.script("return getComputedStyle(document.querySelector('form')).borderRadius")
        assert font == "16px", "it has the page's style"
        node.problem, node.is_closed, node.is_locked = None, False, False
        browser.one("input[name=password]").clear()
        browser.one("input[name=password]").send_keys("right")
        browser.press("Anmelden")
        browser.card("dht22")
    finally:
        browser.speak("en-GB,en")


@on_phone
def test_the_log_in_names_its_node(browser: Browser, node: FakeNode) -> None:
    """On the page that the node's own links lead to; the address, where the node has no name."""
    node.session["node"] = "cellar"
    browser.open(f"{node.address}/login")
    browser.wait_for_text("harvester-login h2", "cellar")
    node.session["node"] = None
    browser.open(f"{node.address}/login")
    browser.wait("it asked", lambda: "/api/v1/session" in node.asked[-3:])
    browser.wait_for_text("harvester-login h2", "127.0.0.1")
