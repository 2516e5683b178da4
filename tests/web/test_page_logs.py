"""The log: a tab a node, filters, search, follow, in the node's time zone."""
from typing import Iterator

import pytest
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, line
from selenium.webdriver.support.ui import Select


@pytest.fixture
def logs(page: Browser, node: FakeNode) -> Iterator[Browser]:
    """The section, with its first lines."""
    page.driver.get(node.address + "/#logs")
    page.wait("the lines are there", lambda: shown(page) == ["ready", "slow answer", "no answer"])
    yield page


def shown(page: Browser) -> list[str]:
    """The lines' texts."""
    return page.texts(".lines .text")


def choose(page: Browser, label: str, value: str) -> None:
    """In the list of that label."""
    found = next(one for one in page.all(".filters label") if label in one.text.split("\n")[0])
    Select(found.find_element("tag name", "select")).select_by_value(value)


@on_phone
def test_levels(logs: Browser) -> None:
    """Info and up at first."""
    choose(logs, "Level", "debug")
    assert shown(logs) == ["ready", "polled", "slow answer", "no answer"]
    choose(logs, "Level", "error")
    assert shown(logs) == ["no answer"]


def test_a_tab_for_each_node(logs: Browser) -> None:
    """And one for all."""
    logs.press("attic")
    assert shown(logs) == ["slow answer"]
    logs.press("hub")
    assert shown(logs) == ["ready", "no answer"]
    logs.press("All nodes")
    assert len(shown(logs)) == 3


@on_phone
def test_by_plugin(logs: Browser) -> None:
    """Those that have spoken."""
    choose(logs, "Plugin", "dht22")
    assert shown(logs) == ["no answer"]


@on_desktop
def test_search(logs: Browser) -> None:
    """Upper or lower case; and that nothing fits is said."""
    logs.one("input[type=search]").send_keys("ANSWER")
    assert shown(logs) == ["slow answer", "no answer"]
    logs.one("input[type=search]").send_keys("!")
    assert shown(logs) == []
    logs.wait_for_text("harvester-logs .note", "No matching lines.")


def test_follow(logs: Browser, node: FakeNode) -> None:
    """The newest is in sight, unless somebody has scrolled up to read."""
    def place() -> list[int]:
        return logs.script("const b = document.querySelector('.log'); "
                           "return [Math.round(b.scrollTop), b.scrollHeight - b.clientHeight]")
    node.push("log", {"logs": [line(i, f"line {i}") for i in range(10, 90)]})
    logs.wait_for_text(".lines .text", "line 89")
    logs.wait("its end is seen", lambda: abs(place()[0] - place()[1]) < 2 < place()[1])
    logs.script("document.querySelector('.log').scrollTop = 40")
    logs.wait("it follows no more",
              lambda: not logs.script("return document.querySelector('.check input').checked"))
    node.push("log", {"logs": [line(95, "the newest")]})
    logs.wait_for_text(".lines .text", "the newest")
    assert place()[0] == 40
    logs.one(".check input").click()
    logs.wait("its end is seen", lambda: abs(place()[0] - place()[1]) < 2)


@on_phone
@pytest.mark.parametrize("zone, time", [("Europe/Berlin", "05:40:01"), ("Asia/Tokyo", "13:40:01"),
                                        ("Nowhere/Land", "04:40:01")])
def test_time_zone(page: Browser, node: FakeNode, zone: str, time: str) -> None:
    """That of the node's configuration, not the browser's; one that nobody knows is UTC."""
    node.nodes[0]["timezone"] = zone
    node.lines = [line(1, "ready")]
    page.driver.get("about:blank")
    page.driver.get(node.address + "/#logs")
    page.wait("the time is the node's", lambda: page.texts(".lines time") == [time])
