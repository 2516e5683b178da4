"""Attacks on nodes of their own; see outsiders.py."""
import re
from pathlib import Path
from typing import Iterator

import attack
import outsiders
import pytest
from arena import Result
from attack import Attack


def attacks() -> Iterator[tuple[Attack, list[str]]]:
    """Each, with a list that gets what the node said."""
    for name, function in vars(outsiders).items():
        if name.startswith("_") or getattr(function, "__module__", "") != "outsiders":
            continue
        said: list[str] = []

        def place(folder: Path, grant: str, function=function, said=said) -> None:  # type: ignore[no-untyped-def]
            assert not grant
            said.append(function(folder))
        yield attack.make(name.replace("_", "-"), "outsider", function.__doc__, place), said


@pytest.mark.parametrize("one,said", [pytest.param(one, said, id=str(one)) for one, said in attacks()])
def test_attack(tmp_path: Path, results: list[Result], one: Attack, said: list[str]) -> None:
    """The node says what the docstring says."""
    result = Result(one.name, one.kind, one.tries, one.ends, one.wall)
    results.append(result)
    one.place(tmp_path)
    match = re.search(one.says, said[-1])
    assert match, said[-1]
    result.said = match[0]
