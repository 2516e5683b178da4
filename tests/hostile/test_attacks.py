"""Every attack, one after another, beside a neighbour that must not notice; see arena.py."""
import re

import attack
import pytest
from arena import Arena, Result
from attack import Attack

HONEST = [*attack.plugins(), *attack.functions("files"), *attack.functions("components")]
FALLEN = [*attack.guests()]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) [\w.-]{1,64}: "
                  r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*")


def parameters(attacks: list[Attack]) -> list[object]:
    """The attacks; one that succeeds today has to fail, so that its repair is noticed."""
    return [pytest.param(one, id=str(one), marks=[
        pytest.mark.xfail(strict=True, reason=one.bug)] if one.bug else []) for one in attacks]


@pytest.mark.parametrize("one", parameters(HONEST))
def test_attack(honest: Arena, results: list[Result], one: Attack) -> None:
    """It ends as its docstring says, and nobody else is hurt."""
    results.append(honest.run(one))


@pytest.mark.parametrize("one", parameters(FALLEN))
def test_fallen_guest(fallen: Arena, results: list[Result], one: Attack) -> None:
    """The same, where an attacker has the guest's process."""
    results.append(fallen.run(one))


def test_there_are_enough() -> None:
    """The promise is fifty, and each has a name of its own."""
    names = [one.name for one in HONEST + FALLEN]
    assert len(names) >= 50 and len(set(names)) == len(names)
