"""The short ways to the states of a steady lane end where the long way does."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import HOUR, MINUTE, Ms, Span
from monitor.core.timeline import lane_segments
from monitor.store.evidence import Row, calm, thinned

ORIGIN: Ms = 472_000 * HOUR
WINDOW = Span(ORIGIN, ORIGIN + HOUR)
HOLD = 130_000
REASONS = list(Reason)


def row(slot: int, at: Ms, state: State = State.UP, attempt: int = 0, hold: Ms = HOLD) -> Row:
    reason = {State.UP: Reason.OK, State.DOWN: Reason.TIMEOUT, State.UNKNOWN: Reason.OWN_DNS}[state]
    return (at, 1, slot, attempt, int(state), REASONS.index(reason), hold, 7)


def checks(rows: Sequence[Row]) -> list[Check]:
    return [
        Check(lane, epoch, slot, attempt, at, State(state), REASONS[reason], hold)
        for at, epoch, slot, attempt, state, reason, hold, lane in rows
    ]


STEADY = [row(slot, ORIGIN - 30_000 + slot * MINUTE) for slot in range(63)]


def test_a_steady_hour_is_one_segment_as_the_timeline_says() -> None:
    found = calm(STEADY, WINDOW)
    assert found is not None
    assert (found,) == lane_segments(checks(STEADY), [], WINDOW)


def test_an_hour_with_anything_else_in_it_is_not_steady() -> None:
    late = row(30, STEADY[30][0] + HOLD)
    for rows in (
        STEADY[1:],  # nothing holds at its start
        STEADY[:58],  # nothing holds at its end
        [*STEADY[:20], *STEADY[23:]],
        [*STEADY[:30], row(30, STEADY[30][0], State.DOWN), *STEADY[31:]],
        [*STEADY[:30], late, *STEADY[31:]],
        [*STEADY, (STEADY[5][0] + 1, 2, *STEADY[5][2:])],  # another epoch
    ):
        assert calm(rows, WINDOW) is None


def test_a_steady_hour_is_thinned_to_its_ends() -> None:
    assert len(thinned(STEADY, ORIGIN)) == 2
    assert len(thinned([*STEADY[:30], row(30, STEADY[30][0], State.DOWN), *STEADY[31:]], ORIGIN)) == 5


steps = st.tuples(
    st.sampled_from((MINUTE, MINUTE, MINUTE, HOLD, HOLD + 1, 5 * MINUTE, 0, -90_000)),
    st.sampled_from((State.UP, State.UP, State.UP, State.UP, State.DOWN, State.UNKNOWN)),
    st.integers(0, 2),
    st.sampled_from((HOLD, HOLD, 30_000)),
)


@given(st.lists(steps, max_size=40))
@example([(MINUTE, State.UP, 0, HOLD)] * 4)
@settings(max_examples=300, deadline=None)
def test_fewer_rows_give_the_same_states(history: list[tuple[Ms, State, int, Ms]]) -> None:
    """Blips, failures, pauses, short holds and rows out of order; every instant the same."""
    rows: list[Row] = []
    at = ORIGIN - 3 * MINUTE
    for slot, (later, state, again, hold) in enumerate(history):
        at += later
        rows += [row(slot, at + 1_000 * attempt, state, attempt, hold) for attempt in range(again + 1)]
    expected = lane_segments(checks(rows), [], WINDOW)
    assert lane_segments(checks(thinned(rows, ORIGIN)), [], WINDOW) == expected
    whole = calm(rows, WINDOW)
    assert whole is None or (whole,) == expected
