"""The cluster on the page of a member: who leads, the servers, the members, and the last elections."""
from typing import Any

from browser import Browser
from fake import FakeNode, now_ms


def cluster(**more: Any) -> dict[str, Any]:
    """What GET /api/v1/cluster says."""
    return {"engine": "nats", "name": "home", "node": "hub", "state": "ready", "reason": None,
            "leader": {"node": "attic", "term": 12, "is_self": False, "elections": 2, "renewals": 0, "refused": 0,
                       "last": [{"node": "hub", "term": 7, "at_ms": now_ms() - 60_000},
                                {"node": "attic", "term": 12, "at_ms": now_ms()}]},
            "log": {"identity": "x", "first": 1, "last": 40, "read": 38, "lag": 2},
            "servers": {"leader": "s1", "servers": [{"name": "s1", "leader": True, "current": True, "lag": 0},
                                                    {"name": "s2", "leader": False, "current": False, "lag": 5}]},
            "nodes": [{"node": "hub"}, {"node": "<b>attic</b>"}], **more}


def text(page: Browser) -> str:
    """What the element shows."""
    return page.script("return document.querySelector('harvester-cluster').textContent")


def test_a_member_shows_its_cluster(page: Browser, node: FakeNode) -> None:
    """Names are text, whatever is in them; what changes is shown within seconds."""
    page.card("dht22")
    assert page.script("return document.querySelector('harvester-cluster').hidden")
    node.cluster = cluster()
    node.nodes[0]["cluster"] = "home"
    node.push("nodes", {"nodes": node.nodes})
    page.wait_for_text("harvester-cluster h2", "Cluster home")
    page.wait_for_text("harvester-cluster", "s2: 5 messages behind")
    shown = text(page)
    assert "attic" in shown and "12" in shown and "2 messages" in shown and "<b>attic</b>" in shown
    assert "s1: leads the log" in shown and "hub, term 7" in shown
    node.cluster = cluster(state="waiting", reason="no server answers", leader={
        "node": None, "term": 12, "is_self": False, "elections": 2, "renewals": 0, "refused": 0, "last": []})
    page.wait_for_text("harvester-cluster .error", "no server answers")
    assert "nobody" in text(page)


def test_a_node_that_is_no_member_asks_for_no_cluster(page: Browser, node: FakeNode) -> None:
    """No request, no error in the console."""
    page.card("dht22")
    node.push("nodes", {"nodes": node.nodes})
    page.wait_for_text("harvester-nodes", "attic")
    assert not [path for path in node.asked if "cluster" in path]
