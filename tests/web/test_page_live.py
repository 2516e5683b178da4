"""The page follows the node without being loaded anew, and says when it cannot."""
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, line, now_ms, reading


MAY_APPROVE = "return !document.querySelector('harvester-cards .approval .main').disabled"


def mark(page: Browser) -> None:
    """What a reload would wipe away."""
    page.script("window.mark = 1")


def is_same(page: Browser) -> bool:
    """The mark is still there."""
    return page.script("return window.mark === 1")


def test_values_follow(page: Browser, node: FakeNode) -> None:
    """By an event, which has only what changed."""
    mark(page)
    page.wait_for_text("article dd", "21.5 °C")
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": 25.0,
                                                                 "humidity": 40.0})]})
    page.wait_for_text("article dd", "25.0 °C")
    page.wait_for_text("article dd", "312.5 lx")
    assert is_same(page)


@on_phone
def test_a_new_sensor_gets_a_card(page: Browser, node: FakeNode) -> None:
    """Nobody told the page of it."""
    node.push("readings", {"readings": [reading("hub", "new", {"radiation_level": 0.12345})]})
    page.wait_for_card("new", "Radiation level", "0.1235")


def test_recovers_with_the_last_event_id(page: Browser, node: FakeNode) -> None:
    """Killed and started again: stale meanwhile, with the age, then live, all by itself."""
    mark(page)
    page.card("dht22")
    first = page.wait("events came", lambda: node.sequence > 102 and node.sequence)
    node.stop()
    page.wait_for_text("harvester-status", "Stale, last data")
    page.wait("nothing can be approved", lambda: page.script(MAY_APPROVE) is False)
    page.wait("so are the cards", lambda: "stale" in page.card("dht22").text)
    page.wait_for_card("hub", "stale")
    node.readings[0] = reading("hub", "dht22", {"temperature": 11.0, "humidity": 1.0})
    node.start()
    page.wait_for_text("article dd", "11.0 °C")
    page.wait("it is live", lambda: page.state() == "live")
    assert page.script(MAY_APPROVE)
    page.wait("it listens again", lambda: len(node.last_event_ids) > 1)
    assert is_same(page)
    assert int(node.last_event_ids[1] or 0) >= first


@on_phone
def test_pages_that_were_left_hold_no_connection(page: Browser, node: FakeNode) -> None:
    """A browser has six for one host: the eighth page would wait for ever."""
    for number in range(8):
        page.driver.get(f"{node.address}/?{number}")
        page.card("dht22")
    page.driver.back()
    page.wait("it is live again", lambda: page.state() == "live")
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": 25.0})]})
    page.wait_for_text("article dd", "25.0 °C")


@on_desktop
def test_lines_that_were_missed(page: Browser, node: FakeNode) -> None:
    """A line that came twice is shown once."""
    page.driver.get(node.address + "/#logs")
    page.wait_for_text(".lines .text", "no answer")
    node.push("log", {"logs": [node.lines[-1], line(9, "after")]})
    page.wait_for_text(".lines .text", "after")
    assert page.texts(".lines .text").count("no answer") == 1


@on_phone
def test_polls_where_events_do_not_pass(browser: Browser, node: FakeNode) -> None:
    """The same page over plain requests; it goes on trying."""
    node.has_events = False
    browser.open(node.address)
    browser.wait_for_text("harvester-status", "Live, by polling")
    node.readings[0] = reading("hub", "dht22", {"temperature": 12.0, "humidity": 1.0})
    browser.wait_for_text("article dd", "12.0 °C")
    browser.card("hub")
    node.has_events = True
    browser.wait("events pass", lambda: browser.state() == "live")


@on_desktop
def test_one_sensor_is_stale(page: Browser, node: FakeNode) -> None:
    """As the node says, with the age that the node says: clocks may differ."""
    node.push("readings", {"readings": [reading(
        "attic", "bh1750", {"illuminance": 1.0}, status="stale", age_ms=300_000,
        timestamp_ms=now_ms() - 10**9)]})
    page.wait_for_text("article .state", "stale")
    page.wait_for_card("bh1750", "Last seen 5 min ago")
