"""Hours of a life in seconds: faults of ours charge nothing, outages are found, every slot is there."""

from __future__ import annotations

import pytest

from tests.simulation.faults import kept, run_case
from tests.simulation.kinds import KINDS


@pytest.mark.parametrize(("size", "seed"), [("hours", 1), ("hours", 2), *kept()])
def test_a_life_with_faults_and_outages(size: str, seed: int) -> None:
    """Those that failed once are played again for ever."""
    tally = run_case(size, seed, tuple(KINDS))

    assert tally.wrong == []
    assert sum(tally.charged.values()) == 0
    assert tally.found == tally.outages > 20
    assert sum(tally.faults.values()) > 20
