"""The checker of tests/faults/test_cluster.py finds what it looks for: each rule is broken once. And its network can be made again."""
from typing import Any

import pytest
from cluster_checks import (Command, Effect, Sample, judge_commands, judge_effects, judge_order, judge_readings,
                            judge_terms)
from networks import Network, are_possible


def test_terms() -> None:
    """Two leaders of one term, and a term that goes back; answers that overlap prove nothing."""
    assert not judge_terms([])
    assert not judge_terms([Sample(0, 1, "attic", 3), Sample(2, 3, "attic", 3), Sample(4, 5, "shed", 8)])
    assert not judge_terms([Sample(0, 9, "attic", 3), Sample(1, 2, "shed", 8), Sample(1.5, 3, "attic", 3)])
    assert judge_terms([Sample(0, 1, "attic", 3), Sample(4, 5, "shed", 3)]) == ["shed and attic both led with term 3"]
    assert judge_terms([Sample(0, 1, "attic", 8), Sample(2, 3, "shed", 7)]) == ["shed led with term 7 after 8 was seen"]
    # Of two leaders at one time, the older one is noticed as soon as it is asked after the newer one has answered.
    assert judge_terms([Sample(0, 1, "attic", 3), Sample(2, 3, "shed", 8), Sample(4, 5, "attic", 3)])


def test_effects() -> None:
    """The same of what leaders do; a leader that was paused or dead meanwhile may be late, since its term shows it."""
    good = [Effect(1, "attic", 3), Effect(2, "shed", None), Effect(9, "shed", 8), Effect(10, "shed", 8)]
    late = [*good, Effect(11, "attic", 3)]
    assert not judge_effects(good, {})
    assert judge_effects(late, {}) == ["attic acted with term 3 at 11.0 s, after 8 had at 9.0 s"]
    assert not judge_effects(late, {"attic": [(2, 10.9)]})
    assert judge_effects(late, {"shed": [(2, 10.9)]}) and judge_effects(late, {"attic": [(30, 40)]})
    assert judge_effects([Effect(1, "attic", 3), Effect(2, "shed", 3)], {}) == ["shed and attic both acted with term 3"]


def test_commands() -> None:
    """Twice, not at all though it was told as done, after all though it was told as not done, and by another node."""
    done, not_done, unknown = (Command("#000001", "attic", told) for told in ("done", "not done", "unknown"))
    assert not judge_commands([done], {"attic": ["#000001"]})
    assert not judge_commands([not_done, unknown], {"attic": []}) and not judge_commands([unknown], {"attic": ["#000001"]})
    for command in (done, not_done, unknown):
        assert judge_commands([command], {"attic": ["#000001"] * 2})
    assert judge_commands([done], {}) == [
        "#000001 to attic was carried out 0 times, and its sender was told: done"]
    assert judge_commands([not_done], {"attic": ["#000001"]})
    assert judge_commands([unknown], {"shed": ["#000001"]}) == ["#000001 to attic was carried out by ['shed']"]


def message(node: str, *sequences: int) -> dict[str, Any]:
    """Of the log."""
    return {"node": node, "stream": "1", "readings": [{"sequence": sequence} for sequence in sequences]}


def test_order() -> None:
    """A reading that comes late; doubles are dropped, and nodes have their own sequences."""
    good = [message("attic", 1, 2), message("shed", 1), message("attic", 2, 3), message("attic", 1), message("attic", 7)]
    assert not judge_order(good)
    assert judge_order([*good, message("attic", 6)]) == ["6 of ('attic', '1') came after 7"]
    assert judge_order([message("attic", 2, 1)])


def test_readings() -> None:
    """One that is missing, and one with another value; what the node itself does not have is no matter."""
    own = {("1", 1): {"count": 1}, ("1", 2): {"count": 2}}
    assert not judge_readings(own, {**own, ("0", 1): {"count": 9}})
    assert judge_readings(own, {("1", 1): {"count": 1}}) == [
        "1 of 2 readings are missing or differ, the first ('1', 2), the last ('1', 2)"]
    assert judge_readings(own, {**own, ("1", 2): {"count": 3}})


@pytest.mark.skipif(not are_possible(), reason="needs nftables, and root for network namespaces")
def test_networks_one_after_the_other() -> None:
    """Those of one process have the same names: nothing of the one before may be there."""
    for _ in range(5):
        with Network(4):
            pass
