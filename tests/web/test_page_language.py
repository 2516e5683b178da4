"""The page in the reader's language: the browser's, or the one that was chosen."""
from browser import Browser, on_desktop, on_phone
from fake import FakeNode


def test_german(browser: Browser, node: FakeNode) -> None:
    """Texts, numbers and the document's own language; the switch is kept."""
    browser.speak("de-AT,de;q=0.9,en;q=0.8")
    try:
        browser.open(node.address)
        browser.wait_for_text("article dd", "21,5 °C")
        browser.wait_for_text("harvester-tabs a", "Übersicht")
        assert browser.script("return document.documentElement.lang") == "de"
        browser.press("Sprache: Deutsch. Ändern zu English")
        browser.wait_for_text("article dd", "21.5 °C")
        browser.driver.get("about:blank")
        browser.driver.get(node.address)
        browser.wait_for_text("harvester-tabs a", "Overview")
    finally:
        browser.script("localStorage.clear()")
        browser.speak("en-GB,en")


@on_phone
def test_a_language_that_there_is_not(browser: Browser, node: FakeNode) -> None:
    """English."""
    browser.speak("is-IS")
    try:
        browser.open(node.address)
        browser.wait_for_text("harvester-tabs a", "Overview")
    finally:
        browser.speak("en-GB,en")


@on_desktop
def test_no_text_is_missing(browser: Browser, node: FakeNode) -> None:
    """A key in place of its text would have a dot between words and no space."""
    browser.speak("de")
    try:
        browser.open(node.address)
        browser.card("dht22")
        for section in ("overview", "alerts", "controls", "logs", "plugins"):
            browser.script(f"location.hash = '{section}'")
            browser.one(f"#{section}")
            words = browser.script("return document.body.innerText").split()
            assert not [word for word in words if word.split(".")[0] in (
                "cards", "strip", "rules", "form", "severity", "filter", "plugins", "logs", "node", "controls", "page") and "." in word]
    finally:
        browser.speak("en-GB,en")
