"""Chromium without a window, as a person's hands and eyes on the page."""
import json
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from selenium import webdriver
from selenium.common.exceptions import (NoAlertPresentException, NoSuchFrameException, NoSuchWindowException,
                                        StaleElementReferenceException)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1440, 900)}
# Longer than anything here takes, even on a loaded machine; nothing waits for it to pass.
PATIENCE = 20.0
LOOK_SECONDS = 0.02


# Without these each page is drawn by a new process, and one more is kept ready: a third of the tests' processor time.
ONE_PROCESS = ("--disable-site-isolation-trials", "--disable-features=SpareRendererForSitePerProcess")

# For what does not depend on the size: once is enough.
on_phone = pytest.mark.parametrize("browser", ["phone"], indirect=True)
on_desktop = pytest.mark.parametrize("browser", ["desktop"], indirect=True)

# What the eye sees, asked in one round trip: an element that is drawn, and its text.
SEEN = """
    const isSeen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getClientRects().length > 0;
    const textOf = e => (isSeen(e) ? e.innerText.trim() : '');
"""


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, size: str, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                         "--disable-background-networking", "--disable-component-update",
                         "--no-first-run", *ONE_PROCESS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.unhandled_prompt_behavior = "ignore"
        self.driver = webdriver.Chrome(
            options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(PATIENCE)
        # Without a window the page would have the focus only from the first key on.
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        self.resize(size)

    def resize(self, size: str) -> None:
        """The window of a phone, a tablet or a desktop, from now on."""
        self.size = size
        width, height = SIZES[size]
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=size == "phone")

    def command(self, name: str, **arguments: Any) -> Any:
        """One of the DevTools' protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def prefer(self, scheme: str) -> None:
        """What the device says of light and dark."""
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def speak(self, language: str) -> None:
        """What the browser says of its reader's language, from the next page on."""
        agent = self.script("return navigator.userAgent")
        self.command("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    def open(self, address: str) -> None:
        """A fresh page; what an earlier one said is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(address)

    def quit(self) -> None:
        """End it."""
        self.driver.quit()

    # What is seen

    def script(self, text: str, *arguments: Any) -> Any:
        """The value of a script in the page."""
        return self.driver.execute_script(text, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """The elements of a selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first of them, once there is one that is seen."""
        return self.wait(f"{selector} is seen", lambda: self.script(
            SEEN + "return [...document.querySelectorAll(arguments[0])].find(isSeen)", selector))

    def texts(self, selector: str) -> list[str]:
        """What each of them says to the eye."""
        return self.script(SEEN + "return [...document.querySelectorAll(arguments[0])].map(textOf)", selector)

    def state(self) -> str | None:
        """Of the connection: live, polling, lost."""
        return self.one("harvester-status").get_attribute("data-state")

    def card(self, name: str) -> WebElement:
        """The card with that heading, of those that are seen."""
        return self.wait(f"there is a card {name}", lambda: self.script(
            SEEN + """return [...document.querySelectorAll('article')].find(card =>
                card.querySelector('h2, h3')?.textContent.trim() === arguments[0] && isSeen(card))""", name))

    def wait(self, what: str, condition: Callable[[], Any]) -> Any:
        """The condition's value once it is true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if value := condition():
                    return value
            except StaleElementReferenceException:
                pass
            assert time.monotonic() < deadline, (
                f"waited in vain until {what}; the page says:\n"
                + self.script("return document.body.innerText") + f"\n{self.complaints()}")
            time.sleep(LOOK_SECONDS)

    def wait_for_text(self, selector: str, text: str) -> None:
        """Until an element says it."""
        self.wait(f"{selector} says {text!r}",
                  lambda: any(text in found for found in self.texts(selector)))

    def wait_for_card(self, name: str, *texts: str) -> None:
        """Until the card says all of them. A card out of view has no text: it is laid out with the frame after it came in."""
        self.script("arguments[0].scrollIntoView({block: 'center'})", self.card(name))
        for text in texts:
            self.wait(f"the card {name} says {text!r}", lambda text=text: text in self.card(name).text)

    def text_in_frame(self, selector: str) -> str:
        """What a frame says; nothing if it was replaced while it was looked at, so that a wait looks again."""
        try:
            self.driver.switch_to.frame(self.one(selector))
            return self.script("return document.body.innerText")
        except (NoSuchFrameException, NoSuchWindowException, StaleElementReferenceException):
            return ""
        finally:
            self.driver.switch_to.default_content()

    def complaints(self) -> list[str]:
        """What the browser's console has of errors since the last look."""
        return [line["message"] for line in self.driver.get_log("browser")
                if line["level"] == "SEVERE"]

    def requests(self) -> list[str]:
        """The address of everything that was asked for since the page was opened."""
        events = [json.loads(line["message"])["message"]
                  for line in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    # What is done

    def press(self, text: str, inside: WebElement | None = None) -> None:
        """The button, or the link to a chart, that says so, as a finger would."""
        self.touch(self.wait(f"there is a button {text}", lambda: self.script(
            SEEN + """return [...(arguments[1] ?? document).querySelectorAll('button, a.open')].find(button =>
                [button.textContent.trim(), button.ariaLabel, button.title].includes(arguments[0]) && isSeen(button))""",
            text, inside)))

    def touch(self, element: WebElement) -> None:
        """Clicks it, in the middle of the screen, where no bar covers it."""
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def question(self) -> str:
        """The browser's own question."""
        def look() -> str | None:
            try:
                return self.driver.switch_to.alert.text
            except NoAlertPresentException:
                return None
        return self.wait("there is a question", look)

    def answer(self, yes: bool) -> None:
        """Answers it."""
        alert = self.driver.switch_to.alert
        if yes:
            alert.accept()
        else:
            alert.dismiss()
