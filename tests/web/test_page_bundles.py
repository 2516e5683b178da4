"""Plugins that came as bundles: their version, a version that waits, one that failed, and what was changed here."""
from typing import Any

from browser import Browser, on_desktop, on_phone
from fake import FakeNode, plugin


def bundle(**more: Any) -> dict[str, Any]:
    """The bundle of a plugin of /api/v1/plugins."""
    return {"version": "1.4", "digest": "d" * 64, "on_probation": False, "polls_left": 0, "waiting": None,
            "rolled_back": None, "changed_here": None, **more}


def show(page: Browser, node: FakeNode, **more: Any) -> None:
    """The plugin `door`, with its details."""
    node.plugins[2] = plugin("door", bundle=bundle(**more))
    node.push("plugins")
    page.script("location.hash = 'plugins/door'")
    page.wait_for_text("#plugins [id='plugin:door'] dt", "Version")


def fields(page: Browser) -> dict[str, str]:
    """The details that are shown."""
    row = "#plugins [id='plugin:door'] "
    names, values = page.texts(row + "dt"), page.texts(row + "dd")
    return {name: value for name, value in zip(names, values) if name}


def state(page: Browser) -> str:
    """What the table says."""
    return page.texts("#plugins [id='plugin:door'] .state")[0]


@on_desktop
def test_version(page: Browser, node: FakeNode) -> None:
    """Its number alone, as long as nothing is special about it; a plugin without a bundle has none."""
    show(page, node)
    shown = fields(page)
    assert shown["Version"] == "1.4" and "Changed here" not in shown and "Newer version" not in shown
    assert ";" not in state(page)
    node.plugins[2] = plugin("door", bundle=None)
    node.push("plugins")
    page.wait("it is gone", lambda: "Version" not in fields(page))


@on_desktop
def test_probation(page: Browser, node: FakeNode) -> None:
    """In the table in short, and in the details how long."""
    show(page, node, on_probation=True, polls_left=3)
    page.wait("it says how many", lambda: fields(page)["Version"] == "1.4, on probation for 3 more polls")
    assert state(page).endswith("; on probation")
    show(page, node, on_probation=True, polls_left=1)
    page.wait("it says one", lambda: fields(page)["Version"] == "1.4, on probation for one more poll")


@on_phone
def test_what_went_wrong(page: Browser, node: FakeNode) -> None:
    """The version that failed with its reason, which is text, and the owner's own file."""
    show(page, node, changed_here="lib/<b>x</b>.py", rolled_back={"version": "1.5", "reason": "<b>KeyError</b>: 'x'"})
    page.wait("the reason is there", lambda: fields(page).get("Newer version") == (
        "Version 1.5 failed its probation, so this node went back to the one before. Reason: <b>KeyError</b>: 'x'"))
    assert fields(page)["Changed here"] == ("On this node, lib/<b>x</b>.py was changed after the version was installed. "
                                            "An update does not overwrite it.")
    assert state(page).endswith("; a newer version failed; changed here")


@on_phone
def test_a_version_that_waits(page: Browser, node: FakeNode) -> None:
    """The old one runs; only what is new is listed, and approved by the digest of that request."""
    node.plugins[2] = plugin("door", bundle=bundle(waiting={"version": "1.5", "request_digest": "b" * 64,
                                                            "new": ["<b>GPIO5</b> (in)"]}))
    node.push("plugins")
    page.wait_for_text("#overview .approval", "Version 1.5 of door asks for more than is approved")
    assert page.texts("#overview .asks li") == ["<b>GPIO5</b> (in)"]
    page.press("Approve")
    assert "<b>GPIO5</b> (in)" in page.question()
    page.answer(True)
    page.wait("it was sent", lambda: node.posts == [("/api/v1/plugins/door/approve", {"digest": "b" * 64})])
    node.plugins[2] = plugin("door", bundle=bundle(version="1.5"))
    node.push("plugins")
    page.wait("it is gone", lambda: not page.all("#overview .asks"))
