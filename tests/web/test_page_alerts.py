"""The strip on top: all is fine, or what is wrong and where."""
from typing import Any

from browser import Browser
from fake import FakeNode, reading


def alert(name: str, *subjects: dict[str, Any]) -> dict[str, Any]:
    """One alert of GET /api/v1/alerts."""
    return {"name": name, "origin": "configuration", "state": "firing" if subjects else "ok",
            "severity": "warning", "snoozed_seconds": 0, "subjects": list(subjects),
            "definition": {"name": name}}


def subject(name: str, state: str = "firing", **more: Any) -> dict[str, Any]:
    """One of its subjects."""
    return {"subject": name, "state": state, "since_ms": 1, "acknowledged": False, "told": True,
            "value": 31.25, **more}


def test_all_fine_then_wrong_then_fine(page: Browser, node: FakeNode) -> None:
    """It names the alert and its sensor; names are text, whatever is in them."""
    page.card("dht22")
    node.plugins.pop()  # the one that waits for approval
    node.push("plugins")
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": 25.0})]})
    node.push("alerts", {"alerts": [alert("hot")]})
    page.wait_for_text("harvester-alerts", "fine")
    node.push("alerts", {"alerts": [alert("hot", subject("hub:<b>oven</b>"), subject("hub:x", "pending"))]})
    page.wait_for_text("harvester-alerts li", "hot: hub:<b>oven</b> (31.25)")
    assert page.script("return document.querySelector('harvester-alerts').dataset.kind") == "bad"
    assert "hub:x" not in page.script("return document.querySelector('harvester-alerts').textContent")
    node.push("alerts", {"alerts": [alert("hot", subject("hub:oven", acknowledged=True))]})
    page.wait_for_text("harvester-alerts li", "acknowledged")
    node.push("alerts", {"alerts": [alert("hot")]})
    page.wait_for_text("harvester-alerts", "fine")


def test_each_line_leads_to_what_it_is_about(page: Browser, node: FakeNode) -> None:
    """A sensor's card, a plugin's details; the alert itself if there is nothing else to see."""
    page.card("dht22")
    node.plugins.pop()
    node.push("plugins")
    alerts = [alert("hot", subject("hub:dht22")), alert("dead", subject("bme680")), alert("full", subject("disk"))]
    for one, watch in zip(alerts, ("sensor", "plugin", "disk")):
        one["definition"]["watch"] = watch
    node.push("alerts", {"alerts": alerts})
    page.wait("the lines are there", lambda: [one.get_attribute("href").partition("#")[2] for one in page.all("harvester-alerts a")] == [
        "overview/hub%3Adht22", "plugins/bme680", "alerts"])


def test_a_sensor_that_fails_is_named(page: Browser, node: FakeNode) -> None:
    """Without an alert about it, too."""
    page.card("dht22")
    node.push("alerts", {"alerts": []})
    node.push("readings", {"readings": [reading("hub", "dht22", {"temperature": None}, status="error",
                                                error="no answer")]})
    page.wait_for_text("harvester-alerts li", "dht22: error")
