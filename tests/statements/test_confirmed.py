"""Outages by the agreement's own confirmation: a check a minute, told as text."""

from __future__ import annotations

import pytest

from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import MINUTE, Ms, Span
from monitor.core.timeline import Segment
from monitor.errors import EvidenceRefused
from monitor.statements.confirmed import Confirmed

HOLD: Ms = 2 * MINUTE + 10_000


def checks(text: str) -> list[Check]:
    """A slot a letter: `.` good, `x` down by the prober's word, `b` a blip, `?` unseen, ` ` a lost slot."""
    kinds = {
        ".": (State.UP, Reason.OK),
        "x": (State.DOWN, Reason.TIMEOUT),
        "b": (State.UP, Reason.TIMEOUT),
        "?": (State.UNKNOWN, Reason.MONITOR_STALL),
    }
    return [
        Check(1, 1, slot, 0, slot * MINUTE, *kinds[letter], HOLD)
        for slot, letter in enumerate(text)
        if letter != " "
    ]


def down(text: str, failures: int) -> list[tuple[int, int]]:
    """The minutes from which and to which it was down."""
    span = Span(0, len(text) * MINUTE)
    seen = [Segment(0, span.end, State.UP, Reason.OK, 0, span.end - MINUTE)]
    found = Confirmed(failures).judged(checks(text), seen, span)
    return [(s.start // MINUTE, s.end // MINUTE) for s in found if s.state is State.DOWN]


@pytest.mark.parametrize(
    ("text", "failures", "expected"),
    [
        ("..xxx..", 3, [(2, 5)]),
        ("..xx...", 3, []),
        ("..bbb..", 3, [(2, 5)]),
        ("..xbx..", 3, [(2, 5)]),
        ("..x.xx.", 2, [(4, 6)]),
        ("..b....", 1, [(2, 3)]),
        ("xx.....", 2, [(0, 2)]),
        ("..xx?xx", 3, []),
        ("..xx xx.", 3, []),
    ],
)
def test_so_many_failing_slots_in_a_row_make_an_outage(text, failures, expected):
    assert down(text, failures) == expected


def test_rechecks_are_no_slots_of_their_own():
    first, second, *rest = checks("xx...")
    again = Check(1, 1, 0, 1, 10_000, State.DOWN, Reason.TIMEOUT, HOLD)
    span = Span(0, 5 * MINUTE)

    found = Confirmed(3).judged([first, again, second, *rest], [], span)

    assert all(segment.state is not State.DOWN for segment in found)


def test_what_nobody_saw_stays_unseen():
    gap = Segment(2 * MINUTE, 4 * MINUTE, State.UNKNOWN, Reason.NOT_RUNNING)

    found = Confirmed(1).judged(checks("..  x."), [gap], Span(0, 6 * MINUTE))

    assert [(s.state, s.start // MINUTE) for s in found] == [
        (State.UP, 0),
        (State.UNKNOWN, 2),
        (State.DOWN, 4),
        (State.UP, 5),
    ]


def test_states_without_their_checks_cannot_be_judged_anew():
    seen = [Segment(0, 5 * MINUTE, State.UP, Reason.OK, 0, 4 * MINUTE)]

    with pytest.raises(EvidenceRefused, match="the single checks of this time are gone"):
        Confirmed(3).judged([], seen, Span(0, 5 * MINUTE))
