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


def run(folder: Path, resource: str, count: int, seed: int, times: int, others: int = 0) -> Figures:
    """A cell on a fresh home."""
    one = flood.read(resource)
    with Home(folder, one, count, seed, others) as home:
        return cell.run(home, seed, ALONE_SECONDS * times, one.seconds * times)


def test_nobody_pays_for_a_flood(tmp_path: Path, request: pytest.FixtureRequest, results: list[Figures], resource: str,
                                 count: int) -> None:
    """Readings, lives and names are counted at each run. What depends on the machine as well (missed polls, times, bytes written)
    is judged by the full form alone, by two of three runs.
    """
    is_full, seed = request.config.getoption("--full"), request.config.getoption("--seed")
    missed: list[list[str]] = []
    while len(missed) < REPEATS:
        figures = run(tmp_path / str(len(missed)), resource, count, seed + len(missed), FULL_TIMES if is_full else 1,
                      request.config.getoption("--beside"))
        results.append(figures)
        assert not figures.broken(), figures
        if not is_full:
            return
        missed.append([*figures.late(), *figures.slow()])
        if [bool(what) for what in missed].count(bool(missed[-1])) > REPEATS / 2:
            break
    assert not missed[-1], missed
