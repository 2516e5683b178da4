"""The overview: sensors by room, the strip that leads to what is wrong, search, filters, the compact view."""
import pytest
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, described, now_ms, reading
from selenium.webdriver.support.ui import Select


@pytest.fixture
def home(page: Browser, node: FakeNode) -> Browser:
    """Two rooms, and a sensor without one."""
    node.nodes = node.nodes[:1]
    node.plugins = node.plugins[:2]
    node.readings = [
        described(reading("hub", "dht22", {"humidity": 48.25, "temperature": 21.5}), name="Shelf", room="Kitchen"),
        described(reading("hub", "w1", {"temperature": 4.0}), name="Fridge", room="Kitchen"),
        described(reading("hub", "bh1750", {"illuminance": 312.5}), name="Window", room="Bedroom"),
        reading("hub", "door", {"open": False})]
    for kind in ("nodes", "plugins"):
        node.push(kind)
    node.push("readings")
    node.push("sensors", {"sensors": [one["sensor_id"] for one in node.readings]})
    page.wait("the rooms are there", lambda: shown(page) == ["Window", "Shelf", "Fridge", "door"])
    return page


def shown(page: Browser) -> list[str]:
    """The names of the cards, in order."""
    return page.texts(".rooms article h3")


def choose(page: Browser, label: str, text: str) -> None:
    """In the list of that label, which a phone shows on demand."""
    if not page.script("return document.querySelector('.filters .more').open"):
        page.touch(page.one(".filters .more summary"))
    found = next(one for one in page.all(".filters .more label") if one.text.split("\n")[0] == label)
    Select(found.find_element("tag name", "select")).select_by_visible_text(text)


def test_by_room(home: Browser) -> None:
    """With the owner's names; what people look for first is the large value; nothing goes without saying."""
    assert home.texts(".room > h2") == ["Bedroom", "Kitchen", "Without a room"]
    assert home.card("Shelf").find_element("css selector", "dd").text == "21.5 °C"
    assert "hub" not in home.card("Shelf").text, "there is one node"
    home.wait_for_text("harvester-alerts", "All 4 sensors are fine.")


def test_the_owner_says_which_value_is_the_main_one(home: Browser, node: FakeNode) -> None:
    """It comes first."""
    node.readings[0]["description"]["main"] = "humidity"
    node.push("readings")
    home.wait("it is large", lambda: home.card("Shelf").find_element("css selector", "dd").text == "48.3 %")


def test_the_strip_names_the_place_and_leads_there(home: Browser, node: FakeNode) -> None:
    """A link, with the keyboard's focus on the card."""
    node.readings[1].update(status="error", error="no answer", data={"temperature": None})
    node.push("readings")
    home.wait_for_text("harvester-alerts li", "Kitchen, Fridge: error")
    home.touch(home.one("harvester-alerts li a"))
    home.wait("it is there", lambda: home.script("return document.activeElement.id") == "sensor:hub:w1")
    assert "#overview/" in home.driver.current_url


@on_phone
def test_the_strip_leads_to_a_monitor_too(home: Browser, node: FakeNode) -> None:
    """Its readings are on its node's card."""
    node.readings.append(reading("hub", "monitor", {"cpu_usage": None}, status="error", error="no answer"))
    node.push("readings")
    home.wait_for_text("harvester-alerts li", "monitor: error")
    home.touch(home.one("harvester-alerts li a"))
    home.wait("it is there", lambda: home.script("return document.activeElement.id") == "node:hub")


def test_search_and_filters(home: Browser, node: FakeNode) -> None:
    """By names, rooms and values; what is hidden is shown on demand; nothing left is said, with a way back."""
    search = home.one(".filters input[type=search]")
    search.send_keys("kitchen fri")
    home.wait("one is left", lambda: shown(home) == ["Fridge"])
    home.wait_for_text(".filters .note", "One of 4 sensors")
    search.send_keys("!")
    home.press("Clear the filters")
    home.wait("all are back", lambda: len(shown(home)) == 4)
    choose(home, "Room", "Bedroom")
    home.wait("its sensor", lambda: shown(home) == ["Window"])
    choose(home, "Room", "Without a room")
    home.wait("its sensor", lambda: shown(home) == ["door"])
    choose(home, "Room", "All")
    node.readings[0]["description"]["hidden"] = True
    node.readings[1].update(status="stale", age_ms=400_000)
    node.push("readings")
    home.wait("the hidden one is gone", lambda: shown(home) == ["Window", "Fridge", "door"])
    choose(home, "State", "Hidden")
    home.wait("it can be found", lambda: shown(home) == ["Shelf"])
    choose(home, "State", "With a problem")
    home.wait("the stale one", lambda: shown(home) == ["Fridge"])


@on_phone
def test_compact(home: Browser, node: FakeNode) -> None:
    """One value a card; kept in this browser."""
    def height() -> int:
        return home.card("Shelf").size["height"]
    before = height()
    home.touch(home.one(".filters .more summary"))
    home.press("Compact")
    home.wait("cards are smaller", lambda: height() < before / 2)
    home.driver.get("about:blank")
    home.driver.get(node.address)
    home.card("Shelf")
    assert home.script("return document.querySelector('harvester-cards').dataset.view") == "compact"
    home.script("localStorage.clear()")


@on_desktop
def test_the_line_tells_its_span_and_trend(home: Browser, node: FakeNode) -> None:
    """Ten minutes of data do not fill an hour; half a degree in them rises; a tenth is no storm."""
    node.has_history = False
    now = now_ms()
    for minute in range(12):
        node.push("readings", {"readings": [
            reading("hub", sensor, {"temperature": value}, timestamp_ms=now - (12 - minute) * 60_000)
            for sensor, value in (("calm", 20 + minute % 2 / 10), ("rises", 20 + minute))]})
        home.wait("it is drawn", lambda value=20 + minute: f"{value}.0 °C" in home.card("rises").text)
    rises = home.card("rises")
    home.wait("its span is said", lambda: "Last 11 min: 20.0 °C to 31.0 °C" in rises.text)
    assert rises.find_element("css selector", ".trend").is_displayed()
    assert "rising" in rises.find_element("css selector", ".trend").get_attribute("textContent")
    home.wait("it is drawn", lambda: "Last 11 min" in home.card("calm").text)
    assert not home.card("calm").find_element("css selector", ".trend").is_displayed()
    path = home.script("return arguments[0].querySelector('.line').getAttribute('d')", home.card("calm"))
    points = [[float(part) for part in point.split()] for point in path[1:].split("L")]
    assert min(x for x, _ in points) > 180, "the true time axis: 240 is an hour"
    heights = [y for _, y in points]
    assert max(heights) - min(heights) < 6, "of 48"
