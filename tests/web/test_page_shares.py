"""The page beside a plugin that gives very much: its share is drawn, the others' are whole."""
from browser import Browser, on_phone
from fake import FakeNode, plugin, reading

FIELDS = "harvester-cards .field, harvester-nodes .field"


def drawn(page: Browser) -> int:
    """How many fields the page has."""
    return int(page.script("return document.querySelectorAll(arguments[0]).length", FIELDS))


def flood(name: str, fields: dict[str, float] | None = None) -> list[dict[str, object]]:
    """256 sensors of 64 fields."""
    data = {f"field_{i}": float(i) for i in range(64)} | (fields or {})
    return [reading("hub", f"{name}-{i}", data, plugin=name) for i in range(256)]


@on_phone
def test_a_flood_is_drawn_in_part_and_its_neighbours_whole(page: Browser, node: FakeNode) -> None:
    """256 sensors of 64 fields: the page had 12 s of work for each event."""
    before = drawn(page)
    node.readings += flood("a-flood")
    node.push("readings")
    page.wait("the flood is drawn in part", lambda: "a-flood: 2" in page.script(
        "return document.querySelector('harvester-cards').innerText"))
    text = page.script("return document.querySelector('harvester-cards').innerText")
    assert "more sensors are not drawn" in text
    page.wait("every card that is due is drawn", lambda: page.script("return !document.querySelector('harvester-cards').due.size"))
    assert before + 500 < drawn(page) <= before + 2048
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": 33.25, "humidity": 1.0})]})
    card = page.card("dht22")
    page.wait("the neighbour is fresh", lambda: "33.3 °C" in card.text or "33.2 °C" in card.text)


@on_phone
def test_floods_of_monitors_are_drawn_in_part(page: Browser, node: FakeNode) -> None:
    """They go to the node's card, which makes its fields anew each time."""
    before = drawn(page)
    node.push("readings", {"readings": flood("a-flood", {"cpu_usage": 1.0})})
    page.wait("it is drawn", lambda: drawn(page) > before)
    assert drawn(page) <= before + 64
    page.wait_for_card("hub")
    page.wait("it has a value", lambda: "17.5 %" in page.card("hub").text or "1.0 %" in page.card("hub").text)


@on_phone
def test_who_is_over_his_share_is_named(page: Browser, node: FakeNode) -> None:
    """On the plugin's card, in words."""
    node.plugins = [plugin("flood", over_share=["it is polled less often than its interval says"]),
                    plugin("honest", over_share=[])]
    node.push("plugins")
    page.wait("its card says so", lambda: "it is polled less often" in page.script(
        "return document.querySelector('harvester-plugins').textContent"))
    assert page.script("return [...document.querySelectorAll('harvester-plugins tbody')].map("
                       "card => [...card.querySelectorAll('.field')].some(field => !field.hidden && "
                       "field.textContent.startsWith('Over its share')))") == [True, False]
