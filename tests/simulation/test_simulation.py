"""Hours of a life in seconds: faults of ours charge nothing, outages are found, every slot is there."""

from __future__ import annotations

import pytest

from tests.simulation.faults import Drawn, kept, run_case
from tests.simulation.kinds import KINDS

ALL = tuple(KINDS)


@pytest.mark.parametrize(
    "case", [("hours", 1, ALL), ("hours", 2, ALL), *kept()], ids=lambda case: f"{case[1]}"
)
def test_a_life_with_faults_and_outages(case: Drawn) -> None:
    """Those that failed once are played again for ever."""
    tally = run_case(*case)

    assert tally.wrong == []
    assert sum(tally.charged.values()) == 0
    assert tally.found == tally.outages > 20
    assert sum(tally.faults.values()) > 20
