"""The matrix: floods of each resource, beside those who must not notice; see cell.py for the bars."""
from pathlib import Path

import cell
import flood
import pytest
from cell import Figures
from home import Home

ALONE_SECONDS = 2
FULL_TIMES = 3  # as many polls, before and beside the flood
REPEATS = 3


def run(folder: Path, resource: str, count: int, seed: int, times: int) -> Figures:
    """A cell on a fresh home."""
    one = flood.read(resource)
    with Home(folder, one, seed) as home:
        return cell.run(home, one, count, seed, ALONE_SECONDS * times, one.seconds * times)


def test_nobody_pays_for_a_flood(tmp_path: Path, request: pytest.FixtureRequest, results: list[Figures], resource: str,
                                 count: int) -> None:
    """The counts are met at each run. The ratios are judged in the full form: missed is what is missed twice of three times."""
    is_full, seed = request.config.getoption("--full"), request.config.getoption("--seed")
    slow: list[list[str]] = []
    while len(slow) < (REPEATS if is_full else 1):
        figures = run(tmp_path / str(len(slow)), resource, count, seed + len(slow), FULL_TIMES if is_full else 1)
        results.append(figures)
        assert not figures.broken(), figures
        slow.append(figures.slow())
        if [bool(what) for what in slow].count(bool(slow[-1])) == REPEATS // 2 + 1:
            break
    assert not is_full or not slow[-1], slow
