"""A few faults of our own for real, that need no root: `make faults-real` makes them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.real import of_process, of_storage
from tests.simulation.real.faults import ELSEWHERE, KINDS
from tests.simulation.real.judged import live
from tests.simulation.real.of_process import AWAY, SHORT, STALLS

ALL = {kind.name: kind for kind in (*of_process.KINDS, *of_storage.KINDS)}
QUICK = replace(
    ALL["stopped in flight"],
    name="a few of many",
    faults=[
        ALL["stopped in flight"].faults[1],
        ALL["killed"].faults[1],
        ALL["descriptors"].faults[1],
        ALL["database locked"].faults[0],
    ],
    outages=1,
    reasons=STALLS | AWAY | SHORT,
)


@pytest.mark.timeout(600)
def test_a_life_with_faults_and_outages() -> None:
    lived = live(QUICK)

    assert lived.tally.wrong == []
    assert sum(lived.tally.charged.values()) == 0
    assert lived.tally.found == lived.tally.outages == 1
    assert sum(lived.tally.faults.values()) == len(lived.well_after) == 4


def test_each_fault_of_the_catalogue_is_made_three_times_or_held_elsewhere() -> None:
    made: dict[str, int] = {}
    for kind in KINDS.values():
        made[kind.catalogue] = made.get(kind.catalogue, 0) + len(kind.faults)
    numbers = [f"F{number}" for number in range(44, 85)]
    assert [each for each in numbers if made.get(each, 0) < 3 and each not in ELSEWHERE] == []
    assert sum(made.values()) >= 120
