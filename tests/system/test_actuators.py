"""The routes that do something, on the simulated relays; no plugin runs beside them."""
from typing import Any, Iterator

import pytest
from node import Harvester, simulated


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """One node for all of this file."""
    with Harvester(tmp_path_factory.mktemp("actuators"), simulated()) as harvester:
        yield harvester


@pytest.mark.parametrize("path, body, beeps", [
    ("/api/buzzer?action=beep", None, 1), ("/api/buzzer?action=beep3", None, 3),
    ("/api/buzzer", {"pattern": "single"}, 1), ("/api/buzzer/test", None, 3)])
def test_buzzer_routes(harvester: Harvester, path: str, body: Any, beeps: int) -> None:
    """The simulated relay is switched as often as there are beeps."""
    def switched() -> tuple[int, bool]:
        relay = harvester.get_json("/api/v1/simulation")["relays"]["buzzer"]
        return relay["switched"], relay["on"]
    before = switched()[0]
    assert harvester.post(path, body) == (200, {"status": "ok"})
    harvester.wait_until(f"the buzzer was on {beeps} times",
                         lambda: switched() == (before + beeps, False))


def test_fan_routes(harvester: Harvester) -> None:
    """The test run turns the simulated relay on, and off again."""
    def state() -> tuple[bool, bool]:
        relay = harvester.get_json("/api/v1/simulation")["relays"]["fan"]
        return harvester.get_json("/api/fan/status")["fan_on"], relay["on"]
    assert state() == (False, False)
    assert harvester.post("/api/fan/test") == (200, {"status": "ok"})
    harvester.wait_until("the fan is on", lambda: state() == (True, True))
    harvester.wait_until("the fan is off again", lambda: state() == (False, False))


def test_wrong_requests(harvester: Harvester) -> None:
    """A problem document that says what is wrong."""
    for path, body, status, text in (
            ("/api/buzzer?action=boop", None, 400, "the parameter `action` must be beep, beep3 or long"),
            ("/api/buzzer", {"patern": "single"}, 400,
             'the body has an unknown field; the only one is "pattern"'),
            ("/api/readings", None, 405, "this path does not know that method; allowed here: GET, HEAD"),
            ("/api/reading", None, 404, "nothing is at this path; did you mean /api/readings?")):
        code, problem = harvester.post(path, body)
        assert (code, problem["detail"]) == (status, text)
