"""Attacks by plugins, files and components, one after another, beside a neighbour that must not
notice; see arena.py.
"""
import attack
import pytest
from arena import Arena, Result
from attack import Attack

ATTACKS = [*attack.plugins(), *attack.functions("files"), *attack.functions("components")]


@pytest.mark.parametrize("one", attack.parameters(ATTACKS))
def test_attack(honest: Arena, results: list[Result], one: Attack) -> None:
    """It ends as its docstring says, and nobody else is hurt."""
    honest.run(one, results)


def test_log_is_clean(honest: Arena) -> None:
    """Whatever was printed, raised or found: no line is fake, or moves a cursor."""
    assert honest.odd_lines() == []


def test_there_are_enough() -> None:
    """The promise is fifty, and each has a name of its own."""
    names = [one.name for one in [*ATTACKS, *attack.guests()]]
    assert len(names) >= 50 and len(set(names)) == len(names)
