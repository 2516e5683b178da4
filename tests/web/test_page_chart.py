"""The chart: opened by a tap, ranges, several series, pan and zoom, gaps."""
from typing import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Browser, on_desktop
from fake import FakeNode
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

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
    chart.press("hub dht22 Temperature")
    chart.wait("there are three", lambda: len(chart.all("dialog tbody tr")) == 3)
    assert {(one["sensor"], one["fields"]) for one in asked(node)} == {
        ("bme680", "temperature"), ("bme680", "humidity"), ("dht22", "temperature")}
    chart.press("Temperature")
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
    ActionChains(chart.driver).send_keys_to_element(plot, Keys.ARROW_LEFT).perform()
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
    assert row.startswith("Temperature") and row.count("°C") == 4


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
