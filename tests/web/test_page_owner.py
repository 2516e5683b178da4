"""What the owner decides on the page: names, rooms, units, order. Who may only look sees no button for it."""
from browser import Browser, on_desktop, on_phone
from fake import FakeNode, described, plugin, reading
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

VIEWER = {"user": "ann", "role": "viewer", "login_required": True, "open": False}


def test_edit(page: Browser, node: FakeNode) -> None:
    """Only what was changed is sent, and shown at once."""
    page.press("Edit dht22")
    dialog = page.one("dialog.edit")
    fields = dialog.find_elements("css selector", "label > input:not([type=checkbox])")
    fields[0].send_keys("Shelf")
    fields[1].send_keys("Kitchen")
    lists = [Select(one) for one in dialog.find_elements("css selector", "select")]
    lists[0].select_by_value("humidity")
    lists[1].select_by_value("°F")
    page.press("Save")
    page.card("Shelf")
    assert node.posts == [("/api/v1/sensors/hub:dht22", {"name": "Shelf", "room": "Kitchen", "main": "humidity",
                                                         "fields": {"temperature": {"shown_unit": "°F"}}})]
    assert "Kitchen" in page.texts(".room > h2")


def test_edit_is_refused(page: Browser, node: FakeNode) -> None:
    """With the node's words; the dialog stays."""
    node.problem = (409, "the configuration decides the name of hub:dht22 (config.toml:12)")
    page.press("Edit dht22")
    page.one("dialog.edit input").send_keys("Shelf")
    page.press("Save")
    page.wait_for_text("dialog.edit .answer", "the configuration decides the name of hub:dht22")
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.wait("it is closed", lambda: not page.all("dialog"))
    page.card("dht22")


@on_desktop
def test_order_by_keyboard(page: Browser, node: FakeNode) -> None:
    """The arrows of a card; the node keeps the order, and the reader hears of it."""
    def shown() -> list[str]:
        return page.texts(".rooms article h3")
    page.wait("they are there", lambda: shown() == ["bme680", "dht22", "bh1750"])
    page.press("Arrange")
    page.press("Move bh1750 to the front")
    page.wait("it moved", lambda: shown() == ["bme680", "bh1750", "dht22"])
    page.wait_for_text("harvester-cards .answer", "bh1750 is now number 2 of 3.")
    assert node.posts == [("/api/v1/sensors/hub:bme680", {"order": 10}), ("/api/v1/sensors/attic:bh1750", {"order": 20}),
                          ("/api/v1/sensors/hub:dht22", {"order": 30})]
    page.press("Move bh1750 to the back")
    page.wait("it moved back", lambda: shown() == ["bme680", "dht22", "bh1750"])
    page.press("Arrange")
    page.wait("the arrows are gone", lambda: not any(one.is_displayed() for one in page.all(".earlier, .later")))


@on_desktop
def test_order_by_dragging(page: Browser, node: FakeNode) -> None:
    """One card onto another."""
    page.card("bh1750")
    page.press("Arrange")
    page.script("""
        const [from, to] = ['attic:bh1750', 'hub:bme680'].map(id => document.getElementById(`sensor:${id}`));
        const dataTransfer = new DataTransfer();
        for (const [element, kind] of [[from, 'dragstart'], [to, 'dragover'], [to, 'drop'], [from, 'dragend']])
            element.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer}));""")
    page.wait("it is the first", lambda: page.texts(".rooms article h3") == ["bh1750", "bme680", "dht22"])
    assert node.posts[0] == ("/api/v1/sensors/attic:bh1750", {"order": 10})


def test_a_viewer_sees_no_button_that_is_refused(browser: Browser, node: FakeNode) -> None:
    """Neither on a card, nor of a request, a device or a plugin; and why not."""
    node.session = VIEWER
    node.alerts = [{"name": "hot", "state": "firing", "subjects": [
        {"subject": "hub:dht22", "state": "firing", "acknowledged": False, "value": 40}], "definition": {}}]
    browser.open(node.address)
    browser.card("dht22")
    browser.wait_for_text(".approval .note", "An operator has to approve it.")

    def buttons() -> list[str]:
        return [one.get_attribute("aria-label") or one.text for one in browser.all("main button") if one.is_displayed()]
    allowed = {"Compact"} if browser.size != "phone" else set()
    assert set(buttons()) == allowed
    browser.script("location.hash = 'controls'")
    browser.wait_for_text("#controls .note", "Your account may look, but not operate devices.")
    assert not any(one.is_enabled() for one in browser.all("#controls button"))
    browser.script("location.hash = 'plugins'")
    browser.press("Details of bme680")
    browser.wait("nothing to press", lambda: set(buttons()) == {f"Details of {one}" for one in ("bme680", "dht22", "door")})


@on_phone
def test_what_waits_for_approval(page: Browser, node: FakeNode) -> None:
    """On the overview, with its request as a list, and gone when it was approved."""
    node.plugins[2] = plugin("door", state="needs approval", request={
        "digest": "a" * 64, "asks_for": ["GPIO4", "<b>i2c</b> 0x76"], "is_approved": False})
    node.push("plugins")
    page.wait("it is a list", lambda: page.texts("#overview .asks li") == ["GPIO4", "<b>i2c</b> 0x76"])
    page.press("Approve")
    assert "GPIO4, <b>i2c</b> 0x76" in page.question()
    page.answer(True)
    page.wait("it was sent", lambda: node.posts == [("/api/v1/plugins/door/approve", {"digest": "a" * 64})])
    node.plugins[2] = plugin("door")
    node.push("plugins")
    page.wait("it is gone", lambda: not page.all("#overview .asks"))


def test_before_the_first_reading(browser: Browser, node: FakeNode) -> None:
    """What comes next, and how to add a plugin; then the card."""
    node.readings, node.plugins, node.nodes = [], [], node.nodes[:1]
    browser.open(node.address)
    browser.wait_for_text(".empty", "No plugin is installed yet")
    assert "harvester plugin new" in browser.one(".empty pre").text
    node.plugins = [plugin("first", state="starting")]
    node.push("plugins")
    browser.wait_for_text(".empty", "One plugin is starting. Its first reading appears here by itself.")
    node.push("readings", {"readings": [reading("hub", "first", {"temperature": 20.0})]})
    browser.card("first")
    assert not browser.all(".empty")


@on_desktop
def test_names_of_every_kind(page: Browser, node: FakeNode) -> None:
    """Markup is text; right-to-left text stays in its card; two of one name stay two."""
    for sensor, name in (("a", "<b>x</b>"), ("b", "مطبخ"), ("c", "Same"), ("d", "Same")):
        node.readings.append(described(reading("hub", sensor, {"temperature": 1.0}), name=name, room="<i>room</i>"))
    node.push("readings")
    page.card("مطبخ")
    assert "<i>room</i>" in page.texts(".room > h2") and "<b>x</b>" in page.texts("article h3")
    assert page.texts("article h3").count("Same") == 2
