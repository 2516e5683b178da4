"""Attacks by somebody who has the guest's process and socket, with no second wall around it."""
import attack
import pytest
from arena import Arena, Result
from attack import Attack


@pytest.mark.parametrize("one", attack.parameters(attack.guests()))
def test_attack(fallen: Arena, results: list[Result], one: Attack) -> None:
    """It ends as its docstring says, and nobody else is hurt."""
    fallen.run(one, results)


def test_log_is_clean(fallen: Arena) -> None:
    """Whatever was sent: no line is fake, or moves a cursor."""
    assert fallen.odd_lines() == []
