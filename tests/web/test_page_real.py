"""The page of the real program: a swap of its plugin, a kill and a restart, while it is open."""
import re
import shutil
import signal
import socket
from pathlib import Path
from typing import Callable, Iterator

import pytest
from browser import Browser, on_desktop, on_phone
from node import COUNTER, ROOT, Harvester, Sections, simulated
from test_page_alert_rules import field, fill

Start = Callable[..., Harvester]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """The dashboard and something that counts."""
    folder = tmp_path / "plugins"
    shutil.copytree(ROOT / "plugins" / "dashboard", folder / "dashboard",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "one.py").write_text(COUNTER)
    return folder


@pytest.fixture
def port() -> int:
    """One that is free now; the program is to come back to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(tmp_path: Path, plugins: Path, port: int) -> Iterator[Start]:
    """Starts the program, on the same port each time; it is stopped in the end."""
    started: list[Harvester] = []

    def start(changes: Sections | None = None) -> Harvester:
        harvester = Harvester(tmp_path, simulated(changes), plugins,
                              options=("--listen", f"127.0.0.1:{port}"))
        started.append(harvester.__enter__())
        return harvester
    yield start
    for harvester in started:
        harvester.__exit__(None, None, None)


def count(browser: Browser) -> int:
    """What the counter's card says."""
    return int(browser.card("one").find_element("tag name", "dd").text)


def wait_for_page(harvester: Harvester) -> None:
    """Until the page is the plugin's."""
    harvester.wait_until("the page is the plugin's", lambda: b"built-in" not in harvester.get("/"))


@on_phone
def test_first_sight_has_the_values(browser: Browser, start: Start) -> None:
    """Before any script: they are in the page itself."""
    harvester = start()
    wait_for_page(harvester)
    page = harvester.get("/").decode()
    assert "<h2>one</h2>" in page and '<dt>Count</dt><dd>' in page
    browser.open(harvester.address)
    first = count(browser)
    browser.wait("it counts", lambda: count(browser) > first)


def test_the_dashboard_has_what_the_built_in_page_has() -> None:
    """Every element of the node's own."""
    def elements(path: str) -> set[str]:
        return set(re.findall(r"<(harvester-[a-z-]+)", (ROOT / path).read_text()))
    assert len(elements("web/pages/builtin.html")) > 10
    assert elements("web/pages/builtin.html") == elements("plugins/dashboard/page.py")


def test_swap_of_the_dashboard(browser: Browser, start: Start, plugins: Path) -> None:
    """The open page takes the new look by itself; a broken one changes nothing."""
    harvester = start()
    wait_for_page(harvester)
    browser.open(harvester.address)
    browser.wait("it counts", lambda: count(browser) > 1)
    source = plugins / "dashboard" / "page.py"
    source.write_text(source.read_text().replace("<h1>harvester</h1>", "<h1>new look</h1>"))
    browser.wait_for_text("h1", "new look")
    first = count(browser)
    browser.wait("it counts", lambda: count(browser) > first)
    (plugins / "dashboard" / "plugin.py").write_text("nonsense")
    harvester.wait_for_log("error dashboard")
    first = count(browser)
    browser.wait("it counts", lambda: count(browser) > first)
    assert browser.texts("h1") == ["new look"]


@on_phone
def test_without_its_plugin(browser: Browser, start: Start, plugins: Path) -> None:
    """The built-in page, until the plugin is there."""
    kept = (plugins / "dashboard").rename(plugins.parent / "kept")
    harvester = start()
    browser.open(harvester.address)
    browser.wait_for_text(".banner", "The dashboard plugin is not available")
    browser.wait("it counts", lambda: count(browser) > 1)
    kept.rename(plugins / "dashboard")
    browser.wait("the plugin's page came", lambda: not browser.all(".banner"))
    browser.wait("it counts", lambda: count(browser) > 1)


def test_kill_and_restart(browser: Browser, start: Start) -> None:
    """It says that what it shows is stale, and recovers by itself."""
    harvester = start()
    wait_for_page(harvester)
    browser.open(harvester.address)
    browser.wait("it counts", lambda: count(browser) > 1)
    harvester.process.send_signal(signal.SIGKILL)
    harvester.process.wait()
    browser.wait("it says so", lambda: browser.state() == "lost")
    browser.wait_for_text("article .state", "stale")
    start()
    browser.wait("it is live", lambda: browser.state() in ("live", "polling"))
    first = count(browser)
    browser.wait("it counts", lambda: count(browser) > first)
    assert not browser.all(".is-stale")


@on_phone
def test_without_script(browser: Browser, start: Start, plugins: Path) -> None:
    """The built-in page shows the node's own table of readings."""
    shutil.rmtree(plugins / "dashboard")
    harvester = start()
    harvester.wait_until("there is a reading", lambda: b"<td>count</td>" in harvester.get("/values"))
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(harvester.address)
        browser.wait("the table is there", lambda: "test:one\tcount" in browser.text_in_frame("iframe.values"))
        assert not browser.all("article")
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


@on_desktop
def test_buzzer(browser: Browser, start: Start) -> None:
    """From the button to the simulated relay."""
    harvester = start()
    wait_for_page(harvester)
    browser.open(harvester.address + "/#controls")
    browser.press("Three beeps")
    browser.question()
    browser.answer(True)
    browser.wait_for_text(".answer", "Done.")
    harvester.wait_until("it sounded", lambda: harvester.get_json(
        "/api/v1/simulation")["relays"]["buzzer"]["switched"] >= 3)


@on_phone
def test_log_in_its_time_zone(browser: Browser, start: Start) -> None:
    """That of [logging] timezone; new lines come by themselves."""
    harvester = start({"logging": {"timezone": "Asia/Tokyo"}})
    browser.open(harvester.address + "/#logs")
    browser.wait_for_text(".lines .text", "ready http://")
    browser.wait_for_text("harvester-logs .note", "Times are Asia/Tokyo.")


@on_phone
def test_disable_and_enable(browser: Browser, start: Start) -> None:
    """From the button to the supervisor, and its new state back to the page."""
    harvester = start()
    wait_for_page(harvester)
    browser.open(harvester.address + "/#plugins")
    browser.press("Details of one")
    for button, state in (("Disable", "disabled"), ("Enable", "runs")):
        browser.press(button)
        browser.question()
        browser.answer(True)
        browser.wait(f"it is {state}", lambda want=state: want in browser.one("[id='plugin:one']").text)


@on_desktop
def test_an_alert_of_ones_own(browser: Browser, start: Start) -> None:
    """Added, refused, changed, tested and removed on the page; what the node refuses is beside its field."""
    harvester = start()
    wait_for_page(harvester)
    browser.open(f"{harvester.address}/#alerts")
    browser.card("rollout-paused")  # the ready-made ones

    def definition() -> dict[str, object]:
        return next((one["definition"] for one in harvester.get_json("/api/v1/alerts")["alerts"] if one["name"] == "high"), {})
    browser.press("New alert")
    fill(browser, Name="high", Sensor="one", Condition="outside a range", Field="count", Lowest="-1", Highest="0", Ends_when="5")
    browser.press("Save")
    browser.wait_for_text("dialog .error", "make `hysteresis` smaller than half of the range of `outside`")
    assert browser.driver.switch_to.active_element == field(browser, "Ends when")
    fill(browser, Name="rollout-paused", Ends_when="0.25")
    browser.press("Save")
    browser.wait_for_text("dialog .error", "there is an alert with the name rollout-paused")
    assert browser.driver.switch_to.active_element == field(browser, "Name")
    fill(browser, Name="high")
    browser.press("Save")
    browser.wait("it is kept", lambda: definition() == {
        "name": "high", "watch": "sensor", "severity": "warning", "sensor": "one", "field": "count", "outside": [-1, 0],
        "hysteresis": 0.25})
    browser.wait_for_card("high", "firing", "Count below -1 or above 0", "sensor one")
    browser.press("Test: high")
    browser.wait_for_card("high", "the alert high tells nobody")
    browser.press("Snooze 1 h: high")
    browser.wait_for_card("high", "Snoozed for")
    browser.press("Change: high")
    fill(browser, Condition="no reading for some time", No_reading="600", Severity="critical")
    browser.press("Save")
    browser.wait("it has changed", lambda: definition() == {
        "name": "high", "watch": "sensor", "severity": "critical", "sensor": "one", "stale_seconds": 600})
    browser.wait_for_card("high", "ok", "no reading for 10 min", "critical")
    browser.press("Remove: high")
    browser.question()
    browser.answer(True)
    browser.wait("it is gone", lambda: not definition() and "high" not in browser.texts("#alerts h2"))
