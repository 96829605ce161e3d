"""Burning as it is found, from outages to findings, against somebody who counts the minutes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.alerts.findings import findings
from monitor.core.checks import Lane, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.core.periods import month_of
from monitor.core.timeline import Segment
from monitor.operations.alerting import USUAL
from tests.statements.conftest import BERLIN, LIFE, ListSnapshot, agreement, at, plan

RULES = {each.id: each for each in USUAL if each.when == "burn"}
WINDOWS = {
    "burn-1h": (HOUR, 5 * MINUTE, "2"),
    "burn-6h": (6 * HOUR, 30 * MINUTE, "5"),
    "burn-1d": (DAY, 2 * HOUR, "10"),
    "burn-3d": (3 * DAY, 6 * HOUR, "10"),
}
"""The long window, the short one, and what the long one may use of the allowance, in percent."""


def snapshot_of(down: list[tuple[Ms, Ms]]) -> ListSnapshot:
    here, out = LIFE.start, []
    for start, end in down:
        out.append(Segment(here, start, State.UP, Reason.OK, here, start - MINUTE))
        out.append(Segment(start, end, State.DOWN, Reason.TIMEOUT, start, end - 1))
        here = end
    out.append(Segment(here, LIFE.end, State.UP, Reason.OK, here, LIFE.end - 1))
    whole = (Segment(LIFE.start, LIFE.end, State.UP, Reason.OK, LIFE.start, LIFE.end - 1),)
    lanes = [Lane(1, "web", "local", (LIFE,)), Lane(2, "api", "local", (LIFE,))]
    return ListSnapshot(lanes, {1: tuple(out), 2: whole}, reached=LIFE.end)


def by_the_minute(down: list[tuple[Ms, Ms]], now: Ms, missing: Fraction) -> set[str]:
    """The rules that raise something, counted minute by minute, and by the month that runs alone."""
    bad = {minute for start, end in down for minute in range(start // MINUTE, end // MINUTE)}
    month = month_of(now, BERLIN).span
    allowed = int(missing * (month.end - month.start))
    raised = set()
    for name, (long, short, percent) in WINDOWS.items():
        share = Fraction(percent) / 100 * allowed
        seen = [
            sum(1 for minute in range((now - length) // MINUTE, now // MINUTE) if minute in bad) * MINUTE
            for length in (long, short)
        ]
        if seen[0] >= share and seen[1] * Fraction(long, short) >= share:
            raised.add(name)
    return raised


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_over_the_end_of_a_month_is_what_the_minutes_say(seed):
    chance = random.Random(seed)
    commitment = chance.choice(["99", "99.5", "99.9", "99.95"])
    acme = agreement("acme", "acme", BERLIN, "1200.00", "EUR", date(2026, 1, 1), commitment=commitment)
    own = replace(plan(acme), alert_rules=RULES)
    edge = at("2026-11-01 00:00")
    here, down = edge - 4 * DAY, []
    while here < edge + 4 * DAY:
        start = here + chance.choice([7, 60, 600]) * chance.randint(1, 9) * MINUTE
        here = start + chance.choice([1, 5, 50]) * chance.randint(1, 4) * MINUTE
        down.append((start, here))
    snapshot = snapshot_of(down)
    missing = 1 - Fraction(commitment) / 100
    looks = [edge + chance.randint(-900, 3 * 24 * 60) * MINUTE for _ in range(6)]
    looks += [chance.choice(down)[1] for _ in range(6)]

    for now in looks:
        found = {each.rule for each in findings(own, snapshot, now) if each.firm}
        assert found == by_the_minute(down, now, missing), (seed, now)
