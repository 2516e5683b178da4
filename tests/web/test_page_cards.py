"""Cards: of sensors from whatever fields arrive, and of nodes."""
import pytest
from browser import Browser, on_phone
from fake import FakeNode, described, now_ms, reading


def test_fields_units_and_marks(page: Browser) -> None:
    """Values with units, simulated, the last hour as a line with its range; nothing of what goes without saying."""
    page.wait_for_card("dht22", "21.5 °C", "Temperature", "44.2 %", "Humidity", "simulated")
    card = page.card("dht22")
    for text in ("ok", "Last seen"):
        assert text not in card.text
    assert "simulated" not in page.card("bh1750").text
    page.wait("there is a line", lambda: page.script(
        "return arguments[0].querySelector('.spark .line').getAttribute('d')", card))
    page.wait("its range is said", lambda: "Last hour: 18." in card.text or "Last hour: 19." in card.text)


BROKEN_WORDS = """
    const texts = document.createTreeWalker(arguments[0].querySelector('.head'), NodeFilter.SHOW_TEXT), broken = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode())
        for (const {0: word, index} of node.data.matchAll(/\\S+/g)) {
            const range = new Range();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size > 1) broken.push(word);
        }
    return broken;
"""


STALE = {"en": "stale", "de": "veraltet"}


@pytest.mark.parametrize("language", STALE)
def test_no_word_is_broken(page: Browser, node: FakeNode, language: str) -> None:
    """Neither of the name nor of the marks beside it, however many there are."""
    page.speak(language)
    try:
        page.open(node.address)
        page.card("dht22")  # the page hears events from now on
        for name in ("Door", "Wintergarten", "Living room, above the shelf"):
            node.push("readings", {"readings": [described(
                reading("hub", "dht22", {"temperature": 21.5}, status="stale", simulated=True), name=name)]})
            page.wait_for_card(name, STALE[language])
            assert page.script(BROKEN_WORDS, page.card(name)) == []
    finally:
        page.speak("en-GB,en")


@on_phone
def test_a_gap_breaks_the_line(page: Browser) -> None:
    """The history of the fake node has a hole."""
    card = page.card("bme680")
    page.script("arguments[0].scrollIntoView()", card)
    path = page.wait("there is a line", lambda: page.script(
        "return arguments[0].querySelector('.spark .line').getAttribute('d')", card))
    assert path.count("M") >= 2


def test_error_with_its_text(page: Browser, node: FakeNode) -> None:
    """In its owner's words, the developer's on demand. No number is invented; the last good time stands there."""
    node.push("readings", {"readings": [reading(
        "hub", "dht22", {"temperature": None, "humidity": None, "error": "no answer",
                         "last_good_ms": now_ms() - 600_000}, status="error", error="no answer")]})
    card = page.card("dht22")
    page.wait("it says so", lambda: "The sensor does not answer. Check its wiring" in card.text)
    assert "21.5" not in card.text and "Last good value 10 min ago" in card.text
    assert "no answer" not in card.text
    page.touch(card.find_element("css selector", "summary"))
    page.wait("the details say more", lambda: "no answer" in card.text)


@on_phone
@pytest.mark.parametrize("score, accuracy, word", [
    (95, 3, "Very good"), (72, 3, "Good"), (45, 3, "Fair"), (5, 3, "Poor"), (0, 0, "Calibrating")])
def test_air_quality_in_words(page: Browser, node: FakeNode, score: int, accuracy: int,
                              word: str) -> None:
    """Our gas score; nowhere is it called by the name of an index that it is not."""
    node.push("readings", {"readings": [reading(
        "hub", "bme680", {"temperature": 20.0, "iaq_score": score, "iaq_accuracy": accuracy})]})
    card = page.card("bme680")
    page.wait(f"it says {word}", lambda: f"Air quality\n{word}" in card.text)
    assert "IAQ" not in page.script("return document.body.innerText")


def test_nodes(page: Browser) -> None:
    """CPU, temperature, memory, uptime, fan, network; the monitor is no sensor card as well."""
    page.wait_for_card("hub", "17.5 %", "48.3 °C", "812 of 3906 MB", "3 days", "off", "this node", "online")
    page.wait_for_card("attic", "12 ms round trip")
    assert "pi4-monitor" not in page.texts("article h2")


def test_a_node_out_of_reach(page: Browser, node: FakeNode) -> None:
    """With the time since when, by the node's own clock."""
    node.nodes[1].update(online=False, last_seen_ms=node.nodes[0]["last_seen_ms"] - 3_600_000)
    node.push("nodes")
    page.wait("it says so", lambda: "Offline. Last seen 60 min ago." in page.card("attic").text)


@on_phone
def test_card_of_a_removed_plugin_is_dismissed(page: Browser, node: FakeNode) -> None:
    """It has a button for that, which no other card has; a card that somebody else dismissed goes too."""
    node.readings[0].update(status="error", error="its plugin was removed", removed=True)
    node.push("readings")
    page.wait("it can be dismissed", lambda: page.card("dht22").find_elements(
        "css selector", "button[aria-label='Dismiss dht22']"))
    page.wait("it is shown", lambda: page.card("dht22").find_element(
        "css selector", ".dismiss").is_displayed())
    assert not page.card("bme680").find_elements("css selector", ".dismiss")
    page.touch(page.card("dht22").find_element("css selector", ".dismiss"))
    page.wait("it was sent", lambda: node.posts)
    assert node.posts == [("/api/v1/readings/hub:dht22", None)]
    page.wait("it is gone", lambda: "dht22" not in page.script("return document.body.innerText"))
    node.push("sensors", {"sensors": ["hub:pi4-monitor", "attic:bh1750"]})
    page.wait("so is the other", lambda: "bme680" not in page.script("return document.body.innerText"))
    # The browser lays out a card that moves into view with its next frame.
    page.wait("the kept one stays", lambda: page.card("bh1750").is_displayed())


@on_phone
def test_of_many_cards_those_in_view_come_first(page: Browser, node: FakeNode) -> None:
    """The values of all are drawn; lines only where they are seen, since with many sensors they cost the most."""
    node.has_history = False
    for i in range(2):
        node.readings = [reading("hub", f"sensor-{n:02}", {"temperature": 20.0 + i}, timestamp_ms=now_ms() + i)
                         for n in range(60)]
        node.push("readings")
        page.wait("every value is drawn", lambda value=f"{20 + i}.0 °C": page.script(
            "return [...document.querySelectorAll('[id^=\"sensor:hub:sensor-\"]')].filter(one => "
            "one.querySelector('dd')?.textContent === arguments[0]).length", value) == 60)

    def has_line(name: str) -> bool:
        return page.script("return Boolean(document.getElementById(arguments[0]).querySelector('.line').getAttribute('d'))",
                           f"sensor:hub:{name}")
    for seen, other in (("sensor-00", "sensor-30"), ("sensor-59", "sensor-30")):
        page.script("arguments[0].scrollIntoView({block: 'center'})", page.card(seen))
        page.wait("it has its line", lambda seen=seen: has_line(seen))
        assert not has_line(other)
