"""Buttons of the devices and of the plugins: they ask, they act, they tell what came of it."""
from typing import Iterator

import pytest
from browser import Browser, on_desktop, on_phone
from fake import FakeNode
from selenium.webdriver.remote.webelement import WebElement


@pytest.fixture
def controls(page: Browser, node: FakeNode) -> Iterator[Browser]:
    """The section with the devices, once all of them are drawn: one that came later would move the others away from
    under a finger.
    """
    page.driver.get(node.address + "/#controls")
    page.wait_for_text("fieldset .note", "Fan off.")
    page.wait_for_text("fieldset button", "Show for 5 seconds")
    yield page


@pytest.fixture
def plugins(page: Browser, node: FakeNode) -> Iterator[Browser]:
    """The section with the plugins."""
    page.driver.get(node.address + "/#plugins")
    row(page, "door")
    yield page


def row(page: Browser, name: str) -> WebElement:
    """The table's part about that plugin, with its details open."""
    part = page.wait(f"there is a plugin {name}", lambda: next(
        (one for one in page.all("table.plugins tbody") if one.get_attribute("id") == f"plugin:{name}"), None))
    more = part.find_element("css selector", ".col-name button")
    if more.get_attribute("aria-expanded") == "false":
        page.press(f"Details of {name}")
    return part


@on_desktop
@pytest.mark.parametrize("button, pattern", [("One beep", "single"), ("Three beeps", "triple"),
                                             ("Long beep", "long")])
def test_buzzer(controls: Browser, node: FakeNode, button: str, pattern: str) -> None:
    """Asked first, with the node's name."""
    controls.press(button, controls.card("hub"))
    assert "Sound the buzzer of hub?" in controls.question()
    controls.answer(True)
    controls.wait_for_text(".answer", "Done.")
    assert node.posts == [("/api/v1/nodes/hub/buzzer", {"pattern": pattern})]


@on_phone
def test_no_means_no(controls: Browser, node: FakeNode) -> None:
    """Nothing is sent."""
    controls.press("Long beep", controls.card("attic"))
    controls.question()
    controls.answer(False)
    controls.press("Show for 5 seconds", controls.card("hub"))
    controls.wait_for_text(".answer", "Done.")
    assert [path for path, _ in node.posts] == ["/api/v1/nodes/hub/leds"]


def test_fan(controls: Browser, node: FakeNode) -> None:
    """It makes a noise too."""
    controls.wait_for_text("fieldset .note", "Fan off.")
    controls.press("Test run")
    assert "hub" in controls.question()
    controls.answer(True)
    controls.wait_for_text(".answer", "Done.")
    assert node.posts == [("/api/v1/nodes/hub/fan", {"action": "test"})]


def test_a_spoke_out_of_reach(controls: Browser, node: FakeNode) -> None:
    """Its name, and what the node says."""
    node.problem = (504, "attic does not answer within 3 s")
    controls.press("One beep", controls.card("attic"))
    controls.question()
    controls.answer(True)
    controls.wait_for_text(".answer", "attic is offline. That did not work: attic does not "
                                      "answer within 3 s")


def test_leds(controls: Browser, node: FakeNode) -> None:
    """As they are, each with its colour in words."""
    controls.wait("they are there", lambda: len(controls.all(".leds li")) == 11)

    def color() -> str:
        return controls.script(
            "return getComputedStyle(document.querySelector('.leds li')).backgroundColor")
    controls.wait("it is green", lambda: color() == "rgb(0, 255, 0)")
    node.leds = ["#0000ff"] * 11
    controls.wait("it is blue", lambda: color() == "rgb(0, 0, 255)")
    assert "LED 0: #0000ff" in controls.all(".leds li")[0].get_attribute("textContent")


def test_who_set_it_and_why(controls: Browser, node: FakeNode) -> None:
    """Of a lit LED and of the buzzer; names and reasons are text."""
    controls.wait("they are there", lambda: len(controls.all(".leds li")) == 11)
    assert not controls.texts(".setters li")
    node.outputs = {"leds": [{"led": 3, "color": "#ff0000", "by": "plugin", "name": "dht22", "since_ms": 1, "why": "31.0 <b>°C</b>"}],
                    "buzzer": {"by": "person", "name": None, "since_ms": 1, "why": None}}
    controls.wait("it says so", lambda: controls.texts(".setters li")[:2] == [
        "LED 3 was set by the plugin dht22: 31.0 <b>°C</b>", "The buzzer was sounded last by a person"])


@on_phone
def test_a_color_that_is_none(controls: Browser, node: FakeNode) -> None:
    """It is not put into a style."""
    controls.wait("they are there", lambda: len(controls.all(".leds li")) == 11)
    node.leds = ["red;background:url(//evil.example)"]
    controls.wait("the rest is gone", lambda: len(controls.all(".leds li")) == 1)
    assert "evil" not in (controls.all(".leds li")[0].get_attribute("style") or "")


def test_what_a_plugin_is(plugins: Browser) -> None:
    """Asked, granted, denied, memory, poll time, restarts, errors."""
    text = row(plugins, "bme680").text
    for part in ("Requested\nI2C 0x76 0x77, LEDs", "Granted\nI2C 0x76", "Denied calls\n7",
                 "Memory\n2.1 MB", "Poll time\n1.25 ms", "Restarts\n2", "Errors\n3", "runs", "Requested",
                 "It may\ncompute, tell the time, and write to the log; talk to the I2C devices 0x76"):
        assert part in text
    door = row(plugins, "door").text
    assert "needs approval: GPIO4" in door and "Requested\nGPIO 4" in door
    assert "waits for approval" in door and "door asks for the use of:\nGPIO4" in door


def test_what_a_plugin_says_of_itself(plugins: Browser, node: FakeNode) -> None:
    """Its docstring, as text; nothing for a plugin without one and of an older node."""
    assert not plugins.texts("#plugins .about")[0]
    node.plugins[0]["about"] = "Measures <b>air</b>. " + "x" * 400
    node.plugins[1]["about"] = None
    node.push("plugins")
    plugins.wait("it says so", lambda: node.plugins[0]["about"] in row(plugins, "bme680").text)
    assert sum(bool(text) for text in plugins.texts("#plugins .about")) == 1
    assert plugins.script("return document.documentElement.scrollWidth <= innerWidth")


def test_whose_sensor_a_plugin_names(plugins: Browser, node: FakeNode) -> None:
    """Its readings of it are ignored, which its owner sees with the plugin."""
    assert "Ignored readings" not in row(plugins, "bme680").text
    mine = next(each for each in node.plugins if each["name"] == "bme680")
    mine["conflicts"] = [{"sensor": "dht22", "owner": "dht22"}, {"sensor": "<b>", "owner": "x"}]
    node.push("plugins")
    plugins.wait("it says so", lambda: "Ignored readings\nthe sensor dht22 belongs to the plugin dht22; "
                 "the sensor <b> belongs to the plugin x" in row(plugins, "bme680").text)


def test_what_the_history_leaves_out_of_a_plugin(plugins: Browser, node: FakeNode) -> None:
    """A plugin that gives too much is named, with how much is not kept, while it does."""
    assert "History" not in row(plugins, "bme680").text
    mine = next(each for each in node.plugins if each["name"] == "bme680")
    mine.update(is_thinned=True, thinned_readings=7)
    node.push("plugins")
    plugins.wait("it says so", lambda: "at intervals; 7 readings were not stored"
                 in row(plugins, "bme680").text)


@on_phone
@pytest.mark.parametrize("name, button, route, part", [
    ("bme680", "Reload", "reload", "bme680"),
    ("bme680", "Disable", "disable", "stops running")])
def test_what_is_done_to_it(plugins: Browser, node: FakeNode, name: str, button: str, route: str,
                            part: str) -> None:
    """Asked first; the question says what it means."""
    plugins.press(button, row(plugins, name))
    assert part in plugins.question()
    plugins.answer(False)
    plugins.press(button, row(plugins, name))
    plugins.question()
    plugins.answer(True)
    plugins.wait("it was sent", lambda: node.posts)
    assert node.posts == [(f"/api/v1/plugins/{name}/{route}", None)]


@on_phone
def test_approval_is_of_what_the_question_said(plugins: Browser, node: FakeNode) -> None:
    """The digest of the request goes back, though the plugin asks for more by then."""
    plugins.press("Approve", row(plugins, "door"))
    assert "GPIO4" in plugins.question()
    node.plugins[2].update(reason="needs approval: GPIO4, GPIO5", request={
        "digest": "b" * 64, "asks_for": ["GPIO4", "GPIO5"], "is_approved": False})
    node.push("plugins")
    plugins.answer(True)
    plugins.wait("it was sent", lambda: node.posts)
    assert node.posts == [("/api/v1/plugins/door/approve", {"digest": "a" * 64})]
    node.problem = (409, "door asks for something else than what was approved: look at its "
                         "request again, and approve that")
    plugins.wait("the card is new", lambda: "GPIO5" in row(plugins, "door").text)
    plugins.press("Approve", row(plugins, "door"))
    assert "GPIO4, GPIO5" in plugins.question()
    plugins.answer(True)
    plugins.wait_for_text(".answer", "That did not work: door asks for something else")


@on_desktop
def test_newer_version_waits_for_approval(plugins: Browser, node: FakeNode) -> None:
    """The old one runs on; the button is there for what the new one asks for."""
    node.plugins[0].update(request={"digest": "c" * 64, "asks_for": ["LEDs"],
                                    "is_approved": False})
    node.push("plugins")
    plugins.wait("it can be approved", lambda: "Approve" in row(plugins, "bme680").text)
    node.plugins[0].update(request={"digest": "c" * 64, "asks_for": ["LEDs"],
                                    "is_approved": True})
    node.push("plugins")
    plugins.wait("it was approved", lambda: "Approve" not in row(plugins, "bme680").text)


@on_desktop
def test_enable(plugins: Browser, node: FakeNode) -> None:
    """A disabled one offers nothing else; its new state comes by itself."""
    node.plugins[0].update(state="disabled")
    node.push("plugins")
    plugins.press("Enable", row(plugins, "bme680"))
    plugins.question()
    plugins.answer(True)
    plugins.wait("it was sent", lambda: node.posts == [("/api/v1/plugins/bme680/enable", None)])
    node.plugins[0].update(state="idle")
    node.push("plugins")
    plugins.wait("it runs", lambda: "runs" in row(plugins, "bme680").text)


@on_phone
def test_refused(plugins: Browser, node: FakeNode) -> None:
    """With the node's own words."""
    node.problem = (403, "a viewer may not do that")
    plugins.press("Reload", row(plugins, "bme680"))
    plugins.question()
    plugins.answer(True)
    plugins.wait_for_text(".answer", "That did not work: a viewer may not do that")
