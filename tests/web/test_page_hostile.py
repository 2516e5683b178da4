"""Names and texts of strangers, and pages of strangers: harmless text, and no hands."""
import pytest
from browser import Browser, on_desktop
from fake import FakeNode, line, plugin, reading

EVIL = """<img src=x onerror="window.evil=1"><script>window.evil=1</script>"'></style>"""
OURS = '<script type="module" src="/assets/harvester.js"></script>'


def is_harmed(page: Browser) -> bool:
    """A script of a stranger ran."""
    return page.script("return window.evil !== undefined || document.querySelector('img') !== null")


def test_names_and_texts(page: Browser, node: FakeNode) -> None:
    """Of sensors, fields, values, units, errors, nodes, plugins and lines, in every section."""
    node.readings.append(reading(EVIL, EVIL, {EVIL: EVIL, "x": 1, "list": [EVIL]}, status="error",
                                 error=EVIL, units={"x": EVIL, "__proto__": EVIL}, simulated=True))
    node.readings.append(reading("hub", "__proto__", {"constructor": 1, "__proto__": 2}))
    node.nodes.append({"node": EVIL, "role": EVIL, "is_self": False, "online": True,
                       "last_seen_ms": 1, "round_trip_ms": EVIL, "version": EVIL,
                       "devices": {"buzzer": True, "fan": True, "leds": 3}})
    node.plugins.append(plugin(EVIL, state=EVIL, reason=EVIL, last_denied=EVIL, asked=[EVIL],
                               reload_error=EVIL))
    node.lines.append(line(50, EVIL, EVIL, EVIL, EVIL))
    for kind in ("readings", "nodes", "plugins", "log"):
        node.push(kind)
    page.card("__proto__")
    for section in ("plugins", "overview", "controls"):
        page.script(f"location.hash = '{section}'")
        page.one(f"#{section}")
        page.wait("the other sections are gone",
                  lambda: sum(one.is_displayed() for one in page.all("main > section")) == 1)
        if section != "plugins":
            page.card(EVIL)
        assert not is_harmed(page)
    page.script("location.hash = 'plugins'")
    page.press(f"Details of {EVIL}")
    page.press("Disable")
    assert EVIL in page.question()
    page.answer(True)
    page.wait("it was sent", lambda: node.posts)
    assert node.posts[0][0] == f"/api/v1/plugins/{EVIL}/disable"
    page.script("location.hash = 'logs'")
    page.wait("the line is there", lambda: EVIL in page.texts(".lines .text"))
    page.press(EVIL, page.one("#logs"))
    page.script("location.hash = 'overview'")
    page.press(f"Chart of {EVIL}")
    page.one("dialog")
    assert not is_harmed(page)


@on_desktop
def test_answers_of_another_shape(browser: Browser, node: FakeNode) -> None:
    """Fields that are missing or of another type cost a card's text, not the page."""
    node.readings += [{"sensor_id": "bare", "timestamp_ms": 1, "data": {}},
                      {"sensor_id": 5, "timestamp_ms": "x", "data": {"a": {"b": []}}, "units": {}},
                      reading("hub", "later", {"temperature": 1.5})]
    node.nodes.append({"node": "bare"})
    node.plugins.append({"name": "bare", "state": "refused", "reason": "why"})
    browser.open(node.address)
    browser.wait_for_text("article dd", "1.5 °C")
    browser.card("bare")
    assert not [text for text in browser.complaints() if "Uncaught" in text]


@on_desktop
def test_nothing_from_another_host(page: Browser, node: FakeNode) -> None:
    """Neither the host's page asks for it, nor may a plugin's that tries."""
    page.press("Chart of bh1750")
    page.one("dialog .plot canvas")
    node.page = (f'{OURS}<link rel="stylesheet" href="http://other.example/a.css"><img src="http://'
                 'other.example/b.png"><iframe src="http://other.example/c"></iframe><style>'
                 '@import "http://other.example/d.css"; h1 { background: url(http://other.example/e)'
                 ' }</style><h1>page</h1><form action="http://other.example/f"><button>send'
                 '</button></form><harvester-cards></harvester-cards>')
    page.driver.get("about:blank")
    page.driver.get(node.address)
    page.card("dht22")
    page.press("send")
    sent = [url for url in page.requests() if not url.startswith((node.address, "data:", "about:"))]
    assert page.driver.current_url.startswith(node.address)
    # The browser tells of a request before its policy ends it; it then says that it did.
    expected = {"other.example/b.png", "other.example/f", *sent}
    blocked: list[str] = []
    page.wait(f"the policy ends {expected}", lambda: blocked.extend(page.complaints()) or all(
        url in " ".join(blocked) for url in expected))


@on_desktop
def test_a_page_runs_no_script_of_its_own(browser: Browser, node: FakeNode) -> None:
    """Of what a plugin's page brings, only the host's script runs; the elements live."""
    node.page = (f"<html>{OURS}<script>window.evil=1</script><body onload='window.evil=1'>"
                 "<script src='data:text/javascript,window.evil=1'></script>"
                 "<script src='/api/readings'></script><a href='javascript:window.evil=1'>press</a>"
                 "<svg><script>window.evil=1</script></svg><h1 id='look'>its look</h1>"
                 "<harvester-status></harvester-status><harvester-cards></harvester-cards>")
    browser.open(node.address)
    browser.card("dht22")
    browser.one("a").click()
    assert browser.texts("#look") == ["its look"]
    assert browser.script("return window.evil") is None


@on_desktop
def test_a_page_may_not_ask_for_a_password(browser: Browser, node: FakeNode) -> None:
    """The form is on the host's own page alone."""
    node.page = f"{OURS}<h1>page</h1><harvester-login></harvester-login><harvester-cards></harvester-cards>"
    browser.open(node.address)
    browser.card("dht22")
    assert not browser.all("input[type=password], harvester-login form")


OLD = """<h1 id="old">old page</h1><p id="told"></p><script>
const told = [], say = text => { told.push(text); document.getElementById('told').textContent = told.join(' '); };
say('runs');
for (const path of ['/api/readings', '/api/v1/plugins', 'http://other.example/'])
    fetch(path).then(() => say('read'), () => say('refused'));
fetch('/api/buzzer?action=beep', {method: 'POST', mode: 'no-cors'}).then(() => say('read'), () => say('refused'));
try { say(top.document.title ? 'read' : 'read'); } catch { say('refused'); }
try { say(localStorage.length + 'read'); } catch { say('refused'); }
try { say(document.cookie + 'read'); } catch { say('refused'); }
try { top.location = 'http://other.example/'; say('asked'); } catch { say('refused'); }
</script>%s"""


@on_desktop
def test_an_old_page_in_its_frame(browser: Browser, node: FakeNode) -> None:
    """Its script runs, and reaches nothing; the host's own tabs stand beside it."""
    node.page = OLD % "first"
    browser.open(node.address)
    frame = browser.one("iframe")
    browser.driver.switch_to.frame(frame)
    browser.wait("it tried all", lambda: browser.texts("#told")[0].count("refused") >= 7)
    assert "read" not in browser.texts("#told")[0] and "runs" in browser.texts("#told")[0]
    browser.driver.switch_to.default_content()
    assert browser.driver.current_url.startswith(node.address) and not node.posts
    browser.script("location.hash = 'overview'")
    browser.card("dht22")


SHOWN = "iframe:not(.coming)"


def says_after_news(browser: Browser, node: FakeNode, text: str) -> bool:
    """What the shown frame says after an event, of which the host's page takes its cue."""
    node.push("readings")
    return text in browser.text_in_frame(SHOWN)


@on_desktop
def test_an_old_page_stays_fresh(browser: Browser, node: FakeNode) -> None:
    """It is loaded anew when it changed."""
    node.page = "<p>first</p>"
    browser.open(node.address)

    browser.wait("the page is there", lambda: "first" in browser.text_in_frame(SHOWN))
    node.page = "<p>second</p>"
    browser.wait("the new one is there", lambda: says_after_news(browser, node, "second"))


@on_desktop
def test_an_old_page_that_comes_slowly(browser: Browser, node: FakeNode) -> None:
    """It changes again while it comes: what came late does not stay in the place of the newest."""
    node.page = "<p>first</p>"
    browser.open(node.address)
    browser.wait("the page is there", lambda: "first" in browser.text_in_frame(SHOWN))
    node.holds_pages = True
    node.page = "<p>second</p>"
    browser.wait("the second is asked for", lambda: node.push("readings") or node.held)
    node.page = "<p>third</p>"
    since = browser.script("return performance.now()")
    browser.wait("the host's page would ask again", lambda: node.push("readings") or browser.script(
        "return performance.now()") > since + 2500)
    node.holds_pages = False
    node.held[0].set()
    browser.wait("the newest is there", lambda: says_after_news(browser, node, "third"))
    for held in node.held:
        held.set()


@on_desktop
@pytest.mark.parametrize("status, text", [(401, "Wrong user name"), (429, "Too many attempts"),
                                          (503, "as the test wished")])
def test_login(browser: Browser, node: FakeNode, status: int, text: str) -> None:
    """Without a session the page goes to the form; a refusal is told, then it goes back."""
    node.is_locked = True
    node.has_events = False
    node.problem = (status, "as the test wished")
    browser.open(node.address)
    browser.one("input[type=password]").send_keys("wrong")
    browser.one("input[autocomplete=username]").send_keys("ann")
    browser.press("Log in")
    browser.wait_for_text("[role=alert]", text)
    node.problem, node.is_locked, node.has_events = None, False, True
    browser.one("input[type=password]").send_keys("right")
    browser.press("Log in")
    browser.card("dht22")
    assert node.posts[-1] == ("/api/v1/session", {"user": "ann", "password": "right"})
