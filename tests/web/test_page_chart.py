"""The chart: opened by a tap, ranges, several series, pan and zoom, gaps."""
from typing import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Browser, on_desktop
from fake import FakeNode, line, now_ms, reading
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

HOUR_MS = 3_600_000


def asked(node: FakeNode) -> list[dict[str, str]]:
    """The questions for series, the small lines' own left out."""
    found = [{key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
             for path in node.asked if path.startswith("/api/v1/history/series")]
    return [one for one in found if one["points"] != "60"]


def span(question: dict[str, str]) -> int:
    """Milliseconds."""
    return int(question["to"]) - int(question["from"])


@pytest.fixture
def chart(page: Browser, node: FakeNode) -> Iterator[Browser]:
    """That of the BME680, drawn."""
    card = page.card("bme680")
    page.script("arguments[0].scrollIntoView({block: 'center'})", card)
    card.click()  # anywhere on it
    page.one("dialog .plot canvas")
    page.wait("it asked", lambda: asked(node))
    page.wait_for_text("dialog .note", "One-minute means")
    yield page


def wait_for_span(chart: Browser, node: FakeNode, milliseconds: int) -> None:
    """Until that much time was asked for."""
    chart.wait(f"it asks for {milliseconds} ms",
               lambda: abs(span(asked(node)[-1]) - milliseconds) < 1000)


def test_ranges(chart: Browser, node: FakeNode) -> None:
    """Hour, day, week, month."""
    wait_for_span(chart, node, HOUR_MS)
    for name, hours in (("Day", 24), ("Week", 168), ("Month", 720), ("Hour", 1)):
        chart.press(name)
        wait_for_span(chart, node, hours * HOUR_MS)


def test_several_series(chart: Browser, node: FakeNode) -> None:
    """Own fields, and those of others with the same unit."""
    chart.press("Humidity")
    Select(chart.one("dialog .filters > label select")).select_by_value("hub:dht22/temperature")
    chart.wait("there are three", lambda: len(chart.all("dialog tbody tr")) == 3)
    assert len(chart.all(".panel canvas")) == 2, "a panel for each unit"
    assert {(one["sensor"], one["fields"]) for one in asked(node)} == {
        ("bme680", "temperature"), ("bme680", "humidity"), ("dht22", "temperature")}
    chart.press("hub dht22 Temperature")
    chart.wait("there are two", lambda: len(chart.all("dialog tbody tr")) == 2)


def test_pan_and_zoom(chart: Browser, node: FakeNode) -> None:
    """By hand and by keyboard."""
    plot = chart.one(".plot")
    wait_for_span(chart, node, HOUR_MS)
    before = int(asked(node)[-1]["from"])
    ActionChains(chart.driver).click_and_hold(plot).move_by_offset(80, 0).release().perform()
    chart.wait("it is earlier", lambda: int(asked(node)[-1]["from"]) < before - 60_000)
    assert abs(span(asked(node)[-1]) - HOUR_MS) < 1000
    ActionChains(chart.driver).send_keys_to_element(plot, "+").perform()
    wait_for_span(chart, node, int(0.7 * HOUR_MS))
    chart.script("arguments[0].dispatchEvent(new WheelEvent('wheel', {deltaY: 100, "
                 "cancelable: true}))", plot)
    wait_for_span(chart, node, int(0.7 * 1.25 * HOUR_MS))
    before = int(asked(node)[-1]["from"])
    ActionChains(chart.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(Keys.SHIFT).perform()
    chart.wait("it is earlier", lambda: int(asked(node)[-1]["from"]) < before)


def test_gaps_are_gaps(chart: Browser) -> None:
    """Nothing of the series' colour is painted where there are no values."""
    def painted(place: float) -> int:
        return chart.script("""
            const canvas = document.querySelector('.plot canvas'), plot = document.querySelector('.u-over');
            const scale = canvas.width / canvas.clientWidth;
            const left = plot.offsetLeft + plot.clientWidth * arguments[0];
            const probe = document.createElement('i');
            probe.style.color = 'var(--series-1)';
            document.body.append(probe);
            const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map(Number);
            probe.remove();
            const pixels = canvas.getContext('2d').getImageData(Math.round(left * scale) - 2, 0, 4, canvas.height).data;
            let count = 0;
            for (let i = 0; i < pixels.length; i += 4) {
                if (pixels[i + 3] > 200 && Math.abs(pixels[i] - r) + Math.abs(pixels[i + 1] - g)
                    + Math.abs(pixels[i + 2] - b) < 60) count++;
            }
            return count;""", place)
    chart.wait("the line is there", lambda: painted(0.25) and painted(0.8))
    assert not painted(0.56)


@on_desktop
def test_the_table_says_the_same(chart: Browser) -> None:
    """For who cannot see the plot."""
    row = chart.one("dialog tbody tr").text
    assert row.startswith("Temperature") and row.count("°C") == 4, row


@on_desktop
def test_closed_by_escape(chart: Browser) -> None:
    """And the button that opened it has the focus again."""
    ActionChains(chart.driver).send_keys(Keys.ESCAPE).perform()
    chart.wait("it is gone", lambda: not chart.all("dialog"))


@on_desktop
def test_without_history(page: Browser, node: FakeNode) -> None:
    """It says so instead of drawing nothing."""
    node.has_history = False
    page.press("Chart of bh1750")
    page.wait_for_text("dialog .note", "The history cannot be read: nothing is at this path")


def test_back_closes_and_the_address_opens_it(chart: Browser, node: FakeNode) -> None:
    """With its series and period, as they were."""
    chart.press("Humidity")
    chart.press("Day")
    chart.wait("the address says so", lambda: "range=day" in chart.driver.current_url
               and "series=hub%3Abme680%2Fhumidity" in chart.driver.current_url)
    address = chart.driver.current_url
    chart.driver.back()
    chart.wait("it is closed", lambda: not chart.all("dialog"))
    chart.card("bme680")
    chart.driver.get("about:blank")
    chart.driver.get(address)
    chart.wait("it shows the same", lambda: len(chart.all("dialog tbody tr")) == 2)
    assert chart.one("dialog [data-range=day]").get_attribute("aria-pressed") == "true"
    chart.press("Close")
    chart.wait("the overview is there", lambda: not chart.all("dialog") and chart.card("dht22").is_displayed())


def test_values_at_the_cursor(chart: Browser) -> None:
    """By the pointer, by the keyboard, and by a finger: time and value, in words too."""
    chart.wait("it is drawn", lambda: chart.all("dialog tbody tr"))
    plot = chart.one(".plot")
    cell = "dialog tbody td.cursor"
    assert chart.texts(cell) == ["—"]
    ActionChains(chart.driver).move_to_element_with_offset(plot, -60, 0).perform()
    chart.wait("it tells", lambda: chart.texts(cell)[0].endswith("°C"))
    assert chart.one(".note.cursor").text.startswith("At ")
    by_mouse = chart.one(".note.cursor").text
    ActionChains(chart.driver).send_keys_to_element(plot, Keys.ARROW_LEFT, Keys.ARROW_LEFT).perform()
    chart.wait("it is earlier", lambda: chart.one(".note.cursor").text not in ("", by_mouse))
    by_key = chart.one(".note.cursor").text
    chart.script("""
        const box = arguments[0].getBoundingClientRect();
        arguments[0].setPointerCapture = () => {};
        arguments[0].dispatchEvent(new PointerEvent('pointerdown', {pointerType: 'touch', pointerId: 9,
            clientX: box.left + box.width * 0.9, clientY: box.top + 40}));""", plot)
    chart.wait("a finger reads", lambda: chart.one(".note.cursor").text not in ("", by_key))


@on_desktop
def test_free_dates_and_days_compared(chart: Browser, node: FakeNode) -> None:
    """The question is for these times; the day before is asked for as well, and lies over it."""
    chart.touch(chart.one("dialog .dates summary"))
    for field, value in zip(chart.all("dialog input[type=datetime-local]"), ("2026-03-01T00:00", "2026-03-02T00:00")):
        chart.script("arguments[0].value = arguments[1]", field, value)
    chart.press("Show")
    wait_for_span(chart, node, 24 * HOUR_MS)
    start = int(asked(node)[-1]["from"])
    Select(chart.all("dialog .filters > label select")[-1]).select_by_value("day")
    chart.wait("the day before was asked for", lambda: start - 24 * HOUR_MS in [int(one["from"]) for one in asked(node)])
    chart.wait("both are there", lambda: [row.split("\n")[0].split(" 1")[0].split(" 2")[0].split(" —")[0]
                                          for row in chart.texts("dialog tbody th")] == ["Temperature", "Temperature, before"])
    for field, value in zip(chart.all("dialog input[type=datetime-local]"), ("2026-03-02T00:00", "2026-03-01T00:00")):
        chart.script("arguments[0].value = arguments[1]", field, value)
    chart.press("Show")
    chart.wait_for_text("dialog .note", "The first date has to be before the second.")


@on_desktop
def test_limits_and_events(browser: Browser, node: FakeNode) -> None:
    """Of the alerts about that field, and of the log about that plugin; other plugins' are not its."""
    now = now_ms()
    node.alerts = [{"name": "hot", "state": "ok", "subjects": [],
                    "definition": {"name": "hot", "sensor": "bme*", "field": "temperature", "above": 22.5}}]
    node.lines = [dict(line(7, "the new version has taken over", source="bme680"), time_ms=now - 600_000),
                  dict(line(8, "the new version has taken over", source="dht22"), time_ms=now - 600_000)]
    browser.open(f"{node.address}/#chart/hub%3Abme680")
    browser.one("dialog .plot canvas")
    browser.touch(browser.one("dialog > details summary"))
    browser.wait("one event", lambda: len(browser.all("dialog details li")) == 1)
    assert "bme680: the new version has taken over" in browser.one("dialog details li").text
    red = """
        const canvas = document.querySelector('.plot canvas'), probe = document.createElement('i');
        probe.style.color = 'var(--bad)';
        document.body.append(probe);
        const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map(Number);
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let i = 0; i < pixels.length; i += 4)
            if (pixels[i + 3] > 200 && Math.abs(pixels[i] - r) + Math.abs(pixels[i + 1] - g) + Math.abs(pixels[i + 2] - b) < 30) count++;
        return count;"""
    browser.wait("the limit is drawn", lambda: browser.script(red) > 200)


@on_desktop
def test_starts_where_the_data_are(browser: Browser, node: FakeNode) -> None:
    """A day's chart of two hours of data begins with them: the left end of the plot has the first value."""
    node.first_ms = now_ms() - 2 * HOUR_MS
    browser.open(f"{node.address}/#chart/hub%3Abme680?range=day")
    browser.one("dialog .plot canvas")
    plot = browser.one(".u-over")
    browser.wait("it is drawn", lambda: browser.all("dialog tbody tr"))

    def read(x: int) -> bool:
        # Once more each time: what is drawn later takes the pointer's value away.
        ActionChains(browser.driver).move_to_element_with_offset(plot, x - plot.size["width"] // 2, 0).perform()
        return browser.texts("dialog tbody td.cursor")[0].endswith("°C")
    browser.wait("there is a value", lambda: read(3) or read(4))


CATCH = """
    window.saved = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = blob => { blob.text().then(text => window.saved.push([blob.type, text.slice(0, 400)])); return make(blob); };
    HTMLAnchorElement.prototype.click = () => {};"""


@on_desktop
def test_a_table_holds_no_formula(page: Browser, node: FakeNode) -> None:
    """A name that a spreadsheet would run is a text."""
    evil = reading("hub", "evil", {"temperature": 1.0})
    evil["description"]["fields"]["temperature"]["name"] = "=HYPERLINK()"
    node.push("readings", {"readings": [evil]})
    page.press("Chart of evil")
    page.wait("it is drawn", lambda: page.all("dialog tbody tr"))
    page.script(CATCH)
    page.press("Save as a table, CSV")
    page.wait("it is saved", lambda: page.script("return window.saved.length"))
    assert "\"'=HYPERLINK()" in page.script("return window.saved[0][1]")


@on_desktop
def test_saved_as_a_table(chart: Browser) -> None:
    """Times and values as they are shown."""
    chart.wait("it is drawn", lambda: chart.all("dialog tbody tr"))
    chart.script(CATCH)
    chart.press("Save as a table, CSV")
    chart.wait("it is saved", lambda: chart.script("return window.saved.length"))
    kind, text = chart.script("return window.saved[0]")
    lines = text.split("\r\n")
    assert kind == "text/csv"
    assert lines[0] == '"time","Temperature (°C), mean","Temperature (°C), lowest","Temperature (°C), highest"'
    assert lines[1].count(",") == 3 and lines[1][1:].startswith("20")
    chart.press("Save as a picture, PNG")
    chart.wait("it is saved", lambda: chart.script("return window.saved.some(([kind]) => kind === 'image/png')"))
