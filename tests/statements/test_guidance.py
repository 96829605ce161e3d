"""What candidates would have missed and cost, against arithmetic on minutes; and what is doubtful."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config.plan import Target
from monitor.core.checks import Reason
from monitor.core.intervals import MINUTE
from monitor.core.numbers import Bound
from monitor.core.periods import month
from monitor.statements.books import Books
from monitor.statements.guidance import Group, doubts, goal, groups, guide, services_of, targets_of, today

NOW = "2026-11-15 12:00"
MONTHS = tuple(f"2026-{number:02d}" for number in range(1, 11))
Month = tuple[int, int]
"""Minutes down, and minutes that nobody saw."""


def stretches(told: list[Month]):
    """An outage on the 6th of each month and a silence on the 20th."""
    found = []
    for label, (down, unseen) in zip(MONTHS, told, strict=True):
        for day, minutes, reason in ((6, down, Reason.TIMEOUT), (20, unseen, Reason.NOT_RUNNING)):
            start = datetime.fromisoformat(f"{label}-{day:02d} 12:00")
            if minutes:
                found.append((f"{start}", f"{start + timedelta(minutes=minutes)}", reason))
    return found


def price(figure: Fraction, level: Fraction) -> int:
    """Cents of a fee of 1,200.00: a tenth below the level, a quarter below ten times its downtime."""
    if figure >= level:
        return 0
    return 30_000 if figure < 1 - 10 * (1 - level) else 12_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 90), st.integers(0, 3_000)),
            st.sampled_from([0, 0, 0, 1, 20, 500, 4_000]),
        ),
        min_size=10,
        max_size=10,
    )
)  # fmt: skip
def test_every_candidate_missed_and_cost_what_minutes_say(house, acme, told):
    plan = house.plan(acme)
    books = Books(plan, house.snapshot(*stretches(told)), house.at(NOW))
    (group,) = groups(plan, "checkout", house.at(NOW))
    found = guide(books, group, 10)

    wholes = [month(label, house.BERLIN).span.length // MINUTE for label in MONTHS]
    figures = [
        (1 - Fraction(d, w - u), 1 - Fraction(d + u, w), 1 - Fraction(d, w))
        for (d, u), w in zip(told, wholes, strict=True)
    ]
    counted = [Fraction(w - u, w) >= Fraction(95, 100) for (_, u), w in zip(told, wholes, strict=True)]
    assert [each.counts for each in found.months] == counted
    assert found.figures == tuple(seen for (seen, _, _), yes in zip(figures, counted, strict=True) if yes)
    if found.proposal is None:
        assert sum(counted) < 4
    for each in found.tried:
        low, seen, high = [], [], []
        for (as_told, worst, best), yes in zip(figures, counted, strict=True):
            sides = [worst, best, *([as_told] if yes else [])]
            low.append(max(sides))
            high.append(min(sides))
            seen += [as_told] if yes else []
        of = each.level
        assert each.missed == tuple(sum(f < of for f in side) for side in (low, seen, high))
        assert [sum(a.minor for a in side) for side in each.cost] == [
            sum(price(f, of) for f in side) for side in (low, seen, high)
        ]
        assert each.unpriced == counted.count(False)


def target(id: str, text: str, *protects: str, service: str = "checkout") -> Target:
    return Target(id, service, Bound(">=", Fraction(text) / 100), "", protects)


def with_targets(house, agreement, *targets):
    plan = replace(house.plan(agreement), targets={each.id: each for each in targets})
    down = stretches([(30, 0)] * 10)
    books = Books(plan, house.snapshot(*down), house.at(NOW))
    known = groups(plan, "checkout", house.at(NOW))
    seen = [(each, today(books, each, 10)) for each in known]
    goals = [goal(books, each, seen) for each in targets_of(plan, "checkout")]
    return [(each.kind, each.target and each.target.id) for each in doubts(known, goals)]


@pytest.mark.parametrize(
    ("targets", "doubtful"),
    [
        ([target("t", "99.92", "gold")], []),
        ([target("t", "99.99", "gold")], [("never met", "t")]),
        ([target("t", "99.9", "gold")], [("no stricter", "t")]),
        ([target("t", "99.5", "gold")], [("looser", "t")]),
        ([target("t", "99.92")], [("unprotected", None)]),
        ([target("t", "99.92", "silver")], [("unprotected", None)]),
        ([], [("unprotected", None)]),
        ([target("a", "99.92", "gold"), target("b", "99", "gold")], [("looser", "b")]),
    ],
)
def test_targets_are_held_against_history_and_against_what_they_protect(house, acme, targets, doubtful):
    """Thirty minutes down a month, 99.93 % and more, under a promise of 99.9 %."""
    assert with_targets(house, acme, *targets) == doubtful


def test_agreements_that_promise_alike_are_one_group_the_oldest_first(house, acme, muster):
    younger = replace(acme, id="younger", start=acme.start + timedelta(days=90))
    other = house.agreement("other", "acme", house.BERLIN, "10.00", "EUR", acme.start, commitment="99.5")
    ended = replace(acme, id="ended", until=acme.start + timedelta(days=30))
    plan = house.plan(younger, acme, other, ended, muster)

    found = groups(plan, "checkout", house.at(NOW))

    assert [[each.id for each in group.agreements] for group in found] == [
        ["acme-checkout", "younger"], ["other"], ["muster-checkout"],
    ]  # fmt: skip
    assert [group.promised for group in found] == [">= 99.9%", ">= 99.5%", ">= 99.9%"]


def test_where_nothing_is_promised_or_aimed_at_every_service_is_meant(house, acme):
    bare = replace(house.plan(), targets={}, agreements={})

    assert services_of(bare) == ("checkout",)
    assert (Group("checkout", "UTC").promised, Group("checkout", "UTC").unit) == ("", "month")
