"""Roll-outs on the page of a hub: how far they are, why a node failed, versions by node, and what operators do."""
from typing import Any

from browser import Browser, on_desktop, on_phone
from fake import FakeNode, now_ms

ELEMENT = "harvester-rollouts"


def one(name: str, state: str, reason: str = "", group: int = 0) -> dict[str, Any]:
    """A node of a roll-out."""
    return {"node": name, "group": group, "state": state, "reason": reason, "changed_ms": now_ms(), "bytes": 4096,
            "accepted": False}


def rollout(state: str, *nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As GET /api/v1/rollouts has it."""
    return {"number": 1795763948962, "undo_number": 0, "plugin": "lamp", "version": "1.3", "digest": "d" * 64, "size": 4096,
            "success": 100, "pause_on": 1, "groups": 2, "released": 1, "state": state, "reason": "", "started_ms": now_ms(),
            "changed_ms": now_ms(), "nodes": list(nodes), **more}


def show(page: Browser, node: FakeNode, *rollouts: dict[str, Any]) -> None:
    """The page asks when the nodes change."""
    node.rollouts = {"rollouts": list(rollouts), "transfers": 0, "nodes": [
        {"node": "attic", "plugins": [{"name": "lamp", "version": "1.2", "digest": "d" * 64, "on_probation": False}]}]}
    page.wait("the page has asked", lambda: shown(page))
    node.push("nodes", {"nodes": node.nodes})


def shown(page: Browser) -> bool:
    """Whether there is anything."""
    return page.script(f"return !document.querySelector('{ELEMENT}').hidden")


def buttons(page: Browser) -> list[str]:
    """Their labels."""
    return page.texts(f"{ELEMENT} button")


@on_desktop
def test_progress_and_failure(page: Browser, node: FakeNode) -> None:
    """The node that failed is first, its reason is text; the versions stand below."""
    page.card("dht22")
    assert not shown(page)
    show(page, node, rollout("paused", one("cellar", "good"), one("attic", "rolled back", "<b>KeyError</b>"),
                             one("barn", "pending", group=1), reason="attic: rolled back: <b>KeyError</b>"))
    page.wait_for_text(f"{ELEMENT} .error", "attic: rolled back: <b>KeyError</b>")
    assert page.texts(f"{ELEMENT} article li") == ["attic: rolled back: <b>KeyError</b>", "cellar: good", "barn: pending"]
    page.wait_for_text(f"{ELEMENT} .note", "1 of 3 nodes are good · 1 of 2 groups have begun")
    page.wait_for_text(f"{ELEMENT} section li", "attic: lamp 1.2")


@on_phone
def test_an_operator_decides(page: Browser, node: FakeNode) -> None:
    """The buttons fit the state; a refusal is shown."""
    page.card("dht22")
    show(page, node, rollout("running", one("attic", "probation")))
    page.wait("the buttons are there", lambda: buttons(page) == ["Pause", "Abort", "Undo"])
    page.script(f"document.querySelector('{ELEMENT} button').click()")
    page.wait("it was sent", lambda: ("/api/v1/rollouts/1795763948962/pause", None) in node.posts)
    node.rollouts["rollouts"] = [rollout("paused", one("attic", "probation"))]
    page.wait("the next can be done", lambda: buttons(page) == ["Resume", "Abort", "Undo"])
    node.problem = (409, "the roll-out of lamp 1.3 is done")
    page.script(f"document.querySelector('{ELEMENT} button').click()")
    page.wait_for_text(f"{ELEMENT} [role=alert]", "the roll-out of lamp 1.3 is done")


@on_desktop
def test_a_viewer_has_no_buttons(page: Browser, node: FakeNode) -> None:
    """But sees how far it is."""
    node.session = {"user": "eve", "role": "viewer", "login_required": True, "open": False}
    page.open(node.address)
    page.card("dht22")
    show(page, node, rollout("running", one("attic", "probation")))
    page.wait_for_text(f"{ELEMENT} article li", "attic: on probation")
    assert not buttons(page)


@on_desktop
def test_a_spoke_does_not_ask(page: Browser, node: FakeNode) -> None:
    """It has no roll-outs."""
    node.nodes[0]["role"] = "standalone"
    page.open(node.address)
    page.card("dht22")
    node.asked.clear()
    node.push("nodes", {"nodes": node.nodes})
    page.wait_for_text("harvester-nodes", "standalone")
    assert not [path for path in node.asked if "rollouts" in path]
