"""Two thousand tickets by chance, each judged by the engine and by a walk along every minute.

`make fuzz-tickets` does the same with a hundred thousand.
"""

from __future__ import annotations

import pytest

from tests.agreements.generated_tickets import BATCH, Tally, compared, drawn

TICKETS = 2_000


@pytest.fixture(scope="module")
def tally() -> Tally:
    whole = Tally()
    for seed in range(TICKETS // BATCH):
        whole.add(compared(seed, BATCH))
    return whole


def test_the_engine_and_the_walk_agree_on_every_clock(tally: Tally) -> None:
    assert tally.tickets == TICKETS
    assert tally.disagreements == []


def test_what_was_drawn_is_worth_comparing(tally: Tally) -> None:
    """In time, late and unfinished; in every word of the language for stops, changes and reopening."""
    assert tally.clocks > TICKETS * 8 // 10
    assert tally.late > 500
    assert tally.clocks - tally.late > 500
    assert tally.unfinished > 50
    contracts = [drawn(seed, 0).contract for seed in range(TICKETS // BATCH)]
    assert {each.stop for each in contracts} == {
        "first human reply", "any reply", "next human reply", "acknowledged", "update", "resolved",
    }  # fmt: skip
    assert {each.change for each in contracts} == {"restart", "keep time", "keep target", "prorate"}
    assert {each.reopened for each in contracts} == {"continues", "new", "ignored"}
