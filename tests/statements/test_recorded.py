"""Terms run on recorded periods: the past as it was settled, and as it would have been."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.agreements.ahead import IN_NO_ROW
from monitor.agreements.reaim import aimed
from monitor.core.checks import Reason
from monitor.core.cycles import Cycle
from monitor.core.intervals import DAY, HOUR
from monitor.core.money import Money
from monitor.core.periods import month
from monitor.statements.books import Books
from monitor.statements.recorded import latest, monthly, outcome, periods, under

NOW = "2026-11-15 12:00"


def labels(found):
    return [each.label for each in found]


def test_the_last_months_end_with_the_last_that_is_over(house):
    cycle = Cycle("calendar month", house.BERLIN)

    assert labels(periods(cycle, 3, house.at(NOW))) == ["2026-08", "2026-09", "2026-10"]
    assert labels(latest(cycle, 3, house.at(NOW))) == ["2026-08", "2026-09", "2026-10"]
    assert labels(periods(cycle, 14, house.at(NOW)))[0] == "2025-09"


@pytest.mark.parametrize(
    ("months", "found"), [(1, []), (4, ["2026-Q3"]), (10, ["2026-Q1", "2026-Q2", "2026-Q3"])]
)
def test_of_quarters_those_that_began_in_the_months(house, months, found):
    assert labels(periods(Cycle("calendar quarter", house.BERLIN), months, house.at(NOW))) == found


def test_a_cycle_with_a_period_for_every_day_is_told_in_months(house):
    assert monthly(Cycle("any 30 days", house.BERLIN)) == Cycle("calendar month", house.BERLIN)
    assert monthly(Cycle("calendar year", house.BERLIN)) == Cycle("calendar year", house.BERLIN)


def books(house, agreement, *down):
    return Books(house.plan(agreement), house.snapshot(*down), house.at(NOW))


def october(house):
    return month("2026-10", house.BERLIN)


OUTAGE = ("2026-10-06 12:00", "2026-10-06 13:00", Reason.TIMEOUT)
DARK = ("2026-10-10 12:00", "2026-10-10 18:00", Reason.NOT_RUNNING)


def test_a_month_comes_to_what_its_statement_says(house, acme):
    found = outcome(books(house, acme, OUTAGE, DARK), acme, october(house))

    whole = 31 * DAY + HOUR
    assert found.figure == 1 - Fraction(HOUR, whole - 6 * HOUR)
    assert (found.met, found.credit.minor, found.why) == (False, 12_000, "")
    assert (found.unseen, found.watched) == (Fraction(6 * HOUR, whole), 1)


def test_at_another_level_the_same_month_comes_to_something_else(house, acme):
    stricter = under(acme, aimed(acme.terms[0].terms, Fraction(9999, 10_000)), "99.99", date(2026, 1, 1))
    found = outcome(books(house, acme, OUTAGE), stricter, october(house))

    assert (found.met, found.credit.minor) == (False, 30_000)  # 60 minutes: beyond ten times 4.47


def test_before_it_was_agreed_there_is_nothing_and_supposed_there_is(house):
    late = house.agreement("late", "acme", house.BERLIN, "1200.00", "EUR", date(2026, 11, 1))
    early = under(late, late.terms[0].terms, "earlier", date(2026, 10, 1))

    assert outcome(books(house, late, OUTAGE), late, october(house)) is None
    assert outcome(books(house, late, OUTAGE), early, october(house)).credit.minor == 12_000


def test_the_newest_fee_is_that_of_all_the_past(house, acme):
    (fee,) = acme.fees
    raised = replace(fee, start=date(2026, 11, 1), items=(("monthly fee", Money(Fraction(2400), "EUR")),))
    dearer = replace(acme, fees=(fee, raised), bills={"2026-10": (("bill", Money(Fraction(7), "EUR")),)})
    supposed = under(dearer, dearer.terms[0].terms, "dearer", date(2026, 10, 1))

    assert outcome(books(house, dearer, OUTAGE), supposed, october(house)).credit.minor == 24_000


def test_a_figure_in_no_row_is_a_figure_without_a_price(house, acme):
    holed = house.in_no_row_below_99(acme)
    found = outcome(
        books(house, holed, ("2026-10-06 00:00", "2026-10-07 00:00", Reason.TIMEOUT)), holed, october(house)
    )

    assert found.figure == 1 - Fraction(DAY, 31 * DAY + HOUR)
    assert (found.met, found.credit, found.why) == (False, None, IN_NO_ROW)


def test_a_month_that_was_watched_in_part_says_so(house, acme):
    """The lanes of this house live from January 2026 on, by Berlin's clock."""
    found = outcome(
        books(house, acme), under(acme, acme.terms[0].terms, "utc", date(2025, 1, 1)), month("2026-01", "UTC")
    )

    assert found.watched == 1
    assert outcome(books(house, acme), acme, month("2025-12", house.BERLIN)) is None
    before = under(acme, acme.terms[0].terms, "before", date(2025, 1, 1))
    assert outcome(books(house, acme), before, month("2025-12", "UTC")).watched == Fraction(HOUR, 31 * DAY)


def test_too_little_seen_has_no_answer(house, acme):
    dark = ("2026-10-10 00:00", "2026-10-13 00:00", Reason.NOT_RUNNING)
    found = outcome(books(house, acme, dark), acme, october(house))

    assert (found.met, found.credit, found.why) == (None, None, "too little of the time was measured")
    assert found.unseen == Fraction(3 * DAY, 31 * DAY + HOUR)
