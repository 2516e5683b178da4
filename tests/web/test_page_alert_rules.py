"""The section Alerts: what each alert is about, and how operators add, change, remove, test and snooze those of the API."""
from typing import Any

import pytest
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, described, reading
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select
from test_page_access import axe, violations  # pylint: disable=unused-import
from test_page_alerts import subject

OWN = {"name": "oven-hot", "watch": "sensor", "severity": "critical", "sensor": "dht22", "field": "temperature",
       "above": 30.0, "hysteresis": 1.0, "for_seconds": 120.0, "led": 3, "notify": ["phone"]}
KEYS = ("watch", "sensor", "room", "node", "plugin", "field", "severity", "buzzer", "above", "below", "outside", "equal",
        "stale_seconds", "error", "hysteresis", "for_seconds", "notify")


def rule(definition: dict[str, Any], origin: str = "api", **more: Any) -> dict[str, Any]:
    """One alert of GET /api/v1/alerts."""
    return {"name": definition["name"], "origin": origin, "state": "ok", "severity": definition["severity"],
            "snoozed_seconds": 0, "subjects": [], "definition": definition, **more}


@pytest.fixture
def rules(page: Browser, node: FakeNode) -> Browser:
    """The section, with an alert of each origin."""
    node.channels = [{"name": name, "kind": "ntfy", "waiting": 0, "attempts": 0, "error": None} for name in ("phone", "mail")]
    node.alerts = [rule(OWN), rule({"name": "rollout-paused", "watch": "rollout", "severity": "warning"}, "ready-made"), rule({"name": "disk-nearly-full", "watch": "disk", "severity": "warning", "above": 90}, "ready-made"),
                   rule({"name": "frost", "watch": "sensor", "severity": "warning", "room": "Cellar", "field": "temperature",
                         "outside": [2, 30]}, "configuration")]
    node.push("alerts")
    page.script("location.hash = 'alerts'")
    page.card("oven-hot")
    return page


def field(page: Browser, label: str) -> WebElement:
    """The input of the form with that label."""
    return page.wait(f"there is a field {label}", lambda: page.script("""
        return [...document.querySelectorAll('dialog label')].find(one => one.checkVisibility() &&
            one.querySelector('span')?.textContent.startsWith(arguments[0]))?.querySelector('input, select')""", label))


def labels(page: Browser) -> list[str]:
    """Of the inputs that are shown."""
    page.one("dialog")
    return [one for one in page.texts("dialog label > span") if one]


def fill(page: Browser, **words: str) -> None:
    """Into the fields whose labels begin so; "_" stands for a space."""
    for label, text in words.items():
        one = field(page, label.replace("_", " "))
        if one.tag_name == "select":
            Select(one).select_by_visible_text(text)
        else:
            one.clear()
            one.send_keys(text)


def is_closed(page: Browser) -> bool:
    """Whether the dialog has gone."""
    return not page.all("dialog")


def buttons(page: Browser, name: str) -> list[str]:
    """Those of one alert that are seen."""
    return [one.text for one in page.card(name).find_elements(By.CSS_SELECTOR, "button") if one.is_displayed()]


def test_what_they_are_about(rules: Browser) -> None:
    """In words, with the unit; those that are not the API's say where they come from and have no button to change them."""
    page = rules
    page.wait_for_card("oven-hot", "Temperature above 30.0 °C", "sensor dht22", "2 min", "critical")
    page.wait_for_card("frost", "Temperature below 2 or above 30", "room Cellar", "in the configuration file: change it there")
    page.wait_for_card("rollout-paused", "a roll-out is paused, since nodes failed", "all roll-outs", "is ready-made")
    page.wait_for_card("disk-nearly-full", "more than 90 % in use", "the disk of this node", "is ready-made")
    assert buttons(page, "oven-hot") == ["Test", "Snooze 1 h", "Snooze 1 day", "Change", "Remove"]
    assert buttons(page, "frost") == buttons(page, "disk-nearly-full") == ["Test", "Snooze 1 h", "Snooze 1 day"]


def test_add(rules: Browser, node: FakeNode) -> None:
    """Only what was said is sent; the number's unit is that of the chosen sensor."""
    rules.press("New alert")
    fill(rules, Name="too-dry", Sensor="dht22", Condition="outside a range", Field="humidity")
    assert field(rules, "Lowest good value, in %")
    fill(rules, Lowest="40", Highest="60.5", Ends_when="2", Has_to_last="90", Severity="critical", Buzzer="one beep")
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))
    assert node.posts == [("/api/v1/alerts", {
        "name": "too-dry", "watch": "sensor", "sensor": "dht22", "field": "humidity", "outside": [40, 60.5], "hysteresis": 2,
        "for_seconds": 90, "severity": "critical", "buzzer": "single"})]


@on_desktop
@pytest.mark.parametrize("condition, words, sent", [
    ("above a value", {"Field": "iaq", "Limit": "-1.5"}, {"field": "iaq", "above": -1.5}),
    ("below a value", {"Field": "iaq", "Limit": "7"}, {"field": "iaq", "below": 7}),
    ("equal to a value (on: 1, off: 0)", {"Field": "iaq", "Limit": "1"}, {"field": "iaq", "equal": 1}),
    ("no reading for some time", {"No reading": "600"}, {"stale_seconds": 600}),
    ("an error", {}, {"error": True}),
])
def test_each_condition(rules: Browser, node: FakeNode, condition: str, words: dict[str, str], sent: dict[str, Any]) -> None:
    """With the inputs that go with it and no other; here for a pattern in a room of a node."""
    rules.press("New alert")
    fill(rules, Name="x", Sensor="kitchen-*", Room="Kitchen", Node="attic", Condition=condition)
    fill(rules, **{key.replace(" ", "_"): text for key, text in words.items()})
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))
    assert node.posts == [("/api/v1/alerts", {"name": "x", "watch": "sensor", "sensor": "kitchen-*", "room": "Kitchen",
                                              "node": "attic", "severity": "warning", "buzzer": "none", **sent})]


@on_desktop
def test_other_things_than_readings(rules: Browser, node: FakeNode) -> None:
    """Nodes and plugins have no condition, the disk has a limit in percent."""
    always = ["Name", "About", "Has to last so many seconds", "Severity", "Buzzer"]
    rules.press("New alert")
    fill(rules, Name="x", About="Nodes that are offline")
    assert labels(rules) == [*always[:2], "Node", *always[2:]]
    fill(rules, About="Plugins that failed too often")
    assert labels(rules) == [*always[:2], "Plugin", *always[2:]]
    fill(rules, About="Roll-outs that are paused, since nodes failed")
    assert labels(rules) == [*always[:2], "Plugin", *always[2:]]
    fill(rules, About="The disk of this node")
    assert labels(rules) == [*always[:2], "Limit, in %", "Ends when the value is better by (hysteresis), in %", *always[2:]]
    fill(rules, Limit="80")
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))
    assert node.posts[0][1] == {"name": "x", "watch": "disk", "above": 80, "severity": "warning", "buzzer": "none"}


def test_change(rules: Browser, node: FakeNode) -> None:
    """The form has what is there; what no longer goes with it is taken back, and what the form does not know stays."""
    rules.press("Change: oven-hot")
    rules.wait("it is filled", lambda: field(rules, "Limit").get_attribute("value") == "30")
    assert field(rules, "Name").get_attribute("readonly")
    assert [one.is_selected() for one in rules.all("dialog input[type=checkbox]")] == [False, True, False]  # usual, phone, mail
    fill(rules, Condition="no reading for some time", No_reading="300")
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))
    ((path, sent),) = node.posts
    assert path == "/api/v1/alerts/oven-hot" and tuple(sent) == KEYS
    assert {key: value for key, value in sent.items() if value is not None} == {
        "watch": "sensor", "sensor": "dht22", "severity": "critical", "buzzer": "none", "stale_seconds": 300,
        "for_seconds": 120, "notify": ["phone"]}


@on_desktop
def test_the_usual_channels(rules: Browser, node: FakeNode) -> None:
    """Who is told if the alert names nobody, as [alerting] says; without a channel the form says how to add one."""
    rules.press("Change: oven-hot")
    rules.touch(rules.one("dialog .check input"))
    rules.wait("the others are gone", lambda: len([one for one in rules.all("dialog .check") if one.is_displayed()]) == 1)
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))
    assert node.posts[0][1]["notify"] is None
    node.channels = []
    rules.press("New alert")
    rules.wait_for_text("dialog .note", "No channel is configured, so nobody is told")


@on_desktop
@pytest.mark.parametrize("status, detail, label, shown", [
    (400, "alert.field: expected 1 to 128 bytes, found a text of 300 bytes", "Field", "expected 1 to 128 bytes, found"),
    (400, "alert x: make `hysteresis` smaller than half of the range of `outside`", "Ends when", "alert x: make `hysteresis`"),
    (400, "alert.above: expected a number from -1e+15 to 1e+15, found 1e+20", "Limit", "expected a number from"),
    (409, "there is an alert with the name x: change that one, or choose another name", "Name", "there is an alert with"),
])
def test_an_error_beside_its_field(rules: Browser, node: FakeNode, status: int, detail: str, label: str, shown: str) -> None:
    """It has the focus, and a screen reader reads the words."""
    rules.press("New alert")
    fill(rules, Name="x", Field="temperature", Limit="3")
    node.problem = (status, detail)
    rules.press("Save")
    rules.wait_for_text("dialog .error", shown)
    wrong = field(rules, label)
    assert wrong == rules.driver.switch_to.active_element and wrong.get_attribute("aria-invalid") == "true"
    said = rules.one(f"#{wrong.get_attribute('aria-describedby')}")
    assert said.text.startswith(shown) and abs(said.rect["y"] - wrong.rect["y"] - wrong.rect["height"]) < 8
    assert len([one for one in rules.texts("dialog .error") if one]) == 1 and not rules.one("dialog .answer, dialog").text.endswith(shown)
    node.problem = None
    rules.press("Save")
    rules.wait("it is closed", lambda: is_closed(rules))


@on_phone
def test_errors_about_several_fields_and_none(rules: Browser, node: FakeNode) -> None:
    """Each beside its own; those that are about none below the form."""
    rules.press("New alert")
    fill(rules, Name="x", Field="temperature", Limit="3")
    node.problem = (400, "alert.field: expected 1 to 128 bytes, found nothing; alert.above: expected a number, found the text \"a\"")
    rules.press("Save")
    rules.wait("both", lambda: [one for one in rules.texts("dialog .error") if one] == [
        "expected 1 to 128 bytes, found nothing", "expected a number, found the text \"a\""])
    node.problem = (409, "128 alerts were added already, the limit: remove one first")
    rules.press("Save")
    rules.wait_for_text("dialog .answer", "That could not be saved: 128 alerts were added already")
    assert not any(rules.texts("dialog .error"))
    ActionChains(rules.driver).send_keys(Keys.ESCAPE).perform()
    rules.wait("it is closed", lambda: is_closed(rules))


def test_remove_and_test(rules: Browser, node: FakeNode) -> None:
    """A question before; the answer of the node beside the button."""
    rules.press("Remove: oven-hot")
    assert rules.question() == "Remove the alert oven-hot?"
    rules.answer(False)
    assert not node.posts
    rules.press("Test: frost")
    rules.wait_for_card("frost", "A test message is on its way")
    node.problem = (409, "the alert frost tells nobody: add `notify`")
    rules.press("Test: frost")
    rules.wait_for_card("frost", "That did not work: the alert frost tells nobody")
    node.problem = None
    rules.press("Remove: oven-hot")
    rules.question()
    rules.answer(True)
    rules.wait("it was sent", lambda: len(node.posts) == 3)
    assert [path for path, _ in node.posts] == [*["/api/v1/alerts/frost/test"] * 2, "/api/v1/alerts/oven-hot"]
    node.alerts = node.alerts[1:]
    node.push("alerts")
    rules.wait("it is gone", lambda: "oven-hot" not in rules.texts("#alerts h2"))


def test_snooze(rules: Browser, node: FakeNode) -> None:
    """Beside acknowledge, here and in the strip; a snooze that goes on can be ended."""
    node.alerts[0] = rule(OWN, state="firing", subjects=[subject("hub:dht22")])
    node.push("alerts")
    rules.wait("it may be acknowledged", lambda: buttons(rules, "oven-hot")[:3] == ["Acknowledge", "Test", "Snooze 1 h"])
    assert rules.texts("#alerts h2")[0] == "oven-hot"  # what fires is first
    rules.press("Snooze 1 day: oven-hot")
    rules.wait_for_card("oven-hot", "Nobody is told until the snooze ends.")
    rules.script("location.hash = 'overview'")
    rules.press("Snooze oven-hot for 1 h")
    rules.wait("both were sent", lambda: node.posts == [("/api/v1/alerts/oven-hot/snooze", {"seconds": seconds})
                                                        for seconds in (86400, 3600)])
    node.alerts[0] = rule(OWN, state="firing", subjects=[subject("hub:dht22")], snoozed_seconds=3600)
    node.push("alerts")
    rules.wait_for_text("harvester-alerts li", ", snoozed")
    assert "Snooze 1 h" not in rules.texts("harvester-alerts button")
    rules.script("location.hash = 'alerts'")
    rules.wait_for_card("oven-hot", "Snoozed for\n60 min")
    rules.press("End the snooze: oven-hot")
    rules.wait("it was sent", lambda: node.posts[-1] == ("/api/v1/alerts/oven-hot/snooze", {"seconds": 0}))


def test_a_viewer_only_looks(browser: Browser, node: FakeNode) -> None:
    """No button at all."""
    node.session = {"user": "ann", "role": "viewer", "login_required": True, "open": False}
    node.alerts = [rule(OWN, state="firing", subjects=[subject("hub:dht22")])]
    browser.open(f"{node.address}/#alerts")
    browser.wait_for_card("oven-hot", "Temperature above 30.0 °C")
    assert not [one for one in browser.all("#alerts button") if one.is_displayed()]


@on_phone
def test_names_are_text(rules: Browser, node: FakeNode) -> None:
    """Whatever the owner and the plugin call things."""
    node.readings.append(described(reading("hub", "x", {"<i>f</i>": 1}), name="<b>x</b>", room="<u>room</u>"))
    node.push("readings")
    node.alerts.append(rule({"name": "m", "watch": "sensor", "severity": "info", "sensor": "x", "room": "<u>room</u>",
                             "field": "<i>f</i>", "equal": 1}))
    node.push("alerts")
    rules.wait_for_card("m", "<i>f</i> is 1", "sensor <b>x</b>, room <u>room</u>")


@on_desktop
def test_german(browser: Browser, node: FakeNode) -> None:
    """The form and the list."""
    node.alerts = [rule(OWN)]
    browser.speak("de")
    try:
        browser.open(f"{node.address}/#alerts")
        browser.wait_for_card("oven-hot", "Temperatur über 30,0 °C", "Sensor dht22", "kritisch")
        browser.press("Neuer Alarm")
        assert labels(browser)[:4] == ["Name", "Betrifft", "Sensor; * steht für beliebige Zeichen", "Raum"]
    finally:
        browser.speak("en-GB,en")


def test_by_keyboard_and_axe(rules: Browser, axe: str) -> None:
    """Nothing for axe-core in the list and the form; targets are large enough; Tab goes from input to input, Enter saves."""
    assert not violations(rules, axe)
    rules.press("New alert")
    rules.one("dialog")
    assert not violations(rules, axe)
    small = [one.tag_name for one in rules.all("dialog :is(button, select, input:not([type=checkbox]), label.check)")
             if one.is_displayed() and one.size["height"] < 44]
    assert not small
    seen = []
    for _ in range(len(labels(rules)) + 4):
        seen.append(rules.script("return document.activeElement.closest('label')?.querySelector('span')?.textContent ?? document.activeElement.textContent"))
        ActionChains(rules.driver).send_keys(Keys.TAB).perform()
    assert seen[:len(labels(rules))] == labels(rules) and "Save" in seen
