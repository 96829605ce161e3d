"""By which day a credit must be notified and claimed: the day is included, in the agreement's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from monitor.agreements.build import clause
from monitor.agreements.claim import Anchor, Claim, Deadline
from monitor.agreements.deadlines import ClaimDates, dates_of
from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Case, Clause, Named, Piece, Priced, Reading
from monitor.agreements.schedule import NoCredits
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.cycles import Cycle, named
from monitor.core.intervals import Span
from monitor.core.money import Money
from monitor.errors import ConfigError
from tests.agreements.settled import at, case, miss, outage, reading
from tests.agreements.written import written

OFFICE = Calendar("office", "UTC", parse_hours("Mon-Fri 09:00-17:00"), known=(2025, 2026))
NEW_YEAR = replace(OFFICE, name="with-new-year", holidays=frozenset({date(2026, 1, 1)}))


def after(count: int, unit: str, anchor: Anchor) -> Deadline:
    return Deadline("after", anchor, count, unit, f"{count} {unit} after {anchor}")  # type: ignore[arg-type]


def named_by(found: Reading) -> Named:
    """A promise with nothing but its reading."""
    nothing: object = None
    bare = Clause(nothing, (), nothing, nothing, NoCredits(), ())  # type: ignore[arg-type]
    return Named("sla", bare, (found,), (), (), Priced(()), Money(0 * found.coverage, "USD"))


def asked(
    claim: Claim | Deadline, *pieces: Piece, in_: Case | None = None, found: Reading | None = None
) -> ClaimDates:
    """The dates of a claim, or of a single step."""
    claim = Claim(claim) if isinstance(claim, Deadline) else claim
    calendars = {each.name: each for each in (OFFICE, NEW_YEAR)}
    matter = replace(in_ or case(), calendars=calendars)
    return dates_of(claim, matter, named_by(found or reading(*pieces, promise=">= 100%")))


def by(claim: Claim | Deadline, *pieces: Piece, in_: Case | None = None) -> str:
    found = asked(claim, *pieces, in_=in_).claim_by
    return found.isoformat() if found else ""


def test_without_a_step_it_is_automatic() -> None:
    assert asked(Claim()) == ClaimDates(automatic=True)


@pytest.mark.parametrize(
    ("label", "count", "unit", "expected"),
    [
        ("2025-04", 30, "days", "2025-05-30"),
        ("2025-04", 2, "weeks", "2025-05-14"),
        ("2025-01", 1, "months", "2025-02-28"),
        ("2025-02", 1, "months", "2025-03-31"),
        ("2024-01", 1, "months", "2024-02-29"),
        ("2025-11", 3, "months", "2026-02-28"),
        ("2025-12", 60, "days", "2026-03-01"),
    ],
)
def test_so_long_after_the_period(label: str, count: int, unit: str, expected: str) -> None:
    assert by(after(count, unit, "period"), in_=case(label=label)) == expected


OCTOBER = case(label="2025-10")
WEEKEND = (outage("2025-10-04T10:00Z", "2h"), outage("2025-10-05T10:00Z", "2h"))


def test_business_days_leave_out_weekends_and_holidays() -> None:
    third = after(3, "business days", "outage")
    assert by(Claim(third, calendar="office"), WEEKEND[0], in_=OCTOBER) == "2025-10-08"
    assert by(Claim(third, calendar="office"), *WEEKEND, in_=OCTOBER) == "2025-10-08"

    tenth = after(10, "business days", "quarter")
    december = case(period=named(Cycle("calendar quarter", "UTC"), "2025-Q4"))
    assert by(Claim(tenth, calendar="office"), in_=december) == "2026-01-14"
    assert by(Claim(tenth, calendar="with-new-year"), in_=december) == "2026-01-15"


def test_business_days_without_a_calendar_are_refused() -> None:
    with pytest.raises(ConfigError, match="need a calendar"):
        by(Claim(after(3, "business days", "period")))


@pytest.mark.parametrize(
    ("deadline", "label", "expected"),
    [
        (Deadline("end of month", "period"), "2025-01", "2025-02-28"),
        (Deadline("end of month", "period"), "2025-12", "2026-01-31"),
        (Deadline("day of month", "period", 10), "2025-12", "2026-01-10"),
    ],
)
def test_a_day_of_the_month_after(deadline: Deadline, label: str, expected: str) -> None:
    assert by(deadline, in_=case(label=label)) == expected


FEBRUARY = case(label="2025-02", first="2024-01-01T00:00Z")
MID_FEBRUARY = outage("2025-02-15T10:00Z", "2h")


@pytest.mark.parametrize(
    ("day", "first", "expected"),
    [
        ("2025-02-15", "2024-01-01", "2025-03-31"),
        ("2025-02-15", "2024-01-15", "2025-04-14"),
        ("2025-02-14", "2024-01-15", "2025-03-14"),
        ("2025-02-15", "2024-01-31", "2025-03-30"),
    ],
)
def test_the_second_billing_cycle_counts_that_of_the_outage(day: str, first: str, expected: str) -> None:
    """An incident of 15 February can be claimed to the end of March; the cycles begin on the billing day."""
    found = outage(f"{day}T10:00Z", "2h")
    matter = replace(FEBRUARY, first=at(f"{first}T00:00Z"))
    assert by(Deadline("second billing cycle", "outage"), found, in_=matter) == expected
    assert by(Deadline("end of billing month", "outage"), found, in_=matter) == expected


def test_a_billing_day_is_asked_before_the_first_day() -> None:
    matter = replace(FEBRUARY, billing_day=10)
    assert by(Deadline("second billing cycle", "outage"), MID_FEBRUARY, in_=matter) == "2025-04-09"


def test_hours_end_at_an_instant() -> None:
    found = asked(
        Claim(after(30, "days", "period"), after(72, "hours", "outage")), MID_FEBRUARY, in_=FEBRUARY
    )
    assert (found.notify_by, found.notify_at) == (date(2025, 2, 18), at("2025-02-18T10:00Z"))
    assert (found.claim_by, found.claim_at) == (date(2025, 3, 30), None)


def test_the_notice_runs_from_the_first_outage_and_the_claim_from_the_last() -> None:
    later = outage("2025-02-25T10:00Z", "2h")
    claim = Claim(after(30, "days", "outage"), after(24, "hours", "outage"))
    found = asked(claim, later, MID_FEBRUARY, in_=FEBRUARY)
    assert (found.notify_by, found.claim_by) == (date(2025, 2, 16), date(2025, 3, 27))


def told(**said: str) -> Evidence:
    row = OutageRow(MID_FEBRUARY.span, **{name: at(text) for name, text in said.items()})  # type: ignore[arg-type]
    return Evidence({"service": Recorded((Span(0, 2**45),), (row,))})


@pytest.mark.parametrize(
    ("anchor", "said", "expected"),
    [
        ("outage", {}, "2025-02-16"),
        ("outage end", {}, "2025-02-16"),
        ("awareness", {"detected": "2025-02-16T01:00Z", "reported": "2025-02-17T01:00Z"}, "2025-02-17"),
        ("awareness", {"reported": "2025-02-17T01:00Z"}, "2025-02-18"),
        ("awareness", {}, "2025-02-16"),
        ("report", {"reported": "2025-02-17T01:00Z"}, "2025-02-18"),
        ("ticket closed", {"ticket_closed": "2025-02-20T01:00Z"}, "2025-02-21"),
        ("month", {}, "2025-03-01"),
        ("quarter", {}, "2025-04-01"),
    ],
)
def test_a_day_after_what_the_evidence_says(anchor: Anchor, said: dict[str, str], expected: str) -> None:
    matter = replace(FEBRUARY, evidence=told(**said))
    assert by(after(1, "days", anchor), MID_FEBRUARY, in_=matter) == expected


def test_an_event_is_claimed_from_when_it_was_due() -> None:
    late: Sequence[object] = [miss("2025-04-01T09:00Z", "2025-04-04T09:00Z", "2025-04-08T09:00Z")]
    found = reading(figure="0%", promise=">= 100%", misses=late)  # type: ignore[arg-type]
    assert asked(after(10, "days", "due"), found=found).claim_by == date(2025, 4, 14)
    assert asked(after(10, "days", "outage end"), found=found).claim_by == date(2025, 4, 18)


def test_days_are_those_of_the_agreements_zone() -> None:
    """23:30 in UTC is the sixteenth in Berlin already, though the period is one of UTC."""
    late = outage("2025-02-15T23:30Z", "2h")
    assert by(after(1, "days", "outage"), late, in_=replace(FEBRUARY, zone="Europe/Berlin")) == "2025-02-17"
    assert by(after(1, "days", "outage"), late, in_=FEBRUARY) == "2025-02-16"


def test_a_step_from_an_outage_has_no_day_where_there_was_none() -> None:
    assert asked(after(3, "days", "outage")) == ClaimDates(automatic=False)


def test_it_reads_itself_aloud() -> None:
    claim = Claim(after(30, "days", "period"), after(5, "business days", "outage"), "office")
    assert claim.say() == (
        "A credit must be notified within 5 business days after the outage began and claimed within 30 days "
        "after the end of the period, the last days included, business days by the calendar office, "
        "or it is forfeited."
    )
    assert (
        Claim(after(30, "days", "period")).say()
        == "A credit must be claimed within 30 days after the end of the period, the last day included."
    )
    assert Claim().say() == "A credit is given without a claim."


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("end of month after period", "by the end of the month after the period"),
        (
            "end of billing month after outage",
            "by the end of the billing month after that in which the outage began",
        ),
        ("day 10 of the month after period", "by day 10 of the month after the period"),
        ("24 hours after awareness", "within 24 hours after the outage became known"),
        ("3 business days after outage end", "within 3 business days after the outage ended"),
    ],
)
def test_each_kind_of_deadline_is_a_sentence(claim: str, said: str) -> None:
    terms = written(f'commitment = "99.9%"\ncredits = "10%"\nclaim = "{claim}"\n')

    assert terms.claim.say().startswith(f"A credit must be claimed {said}, the last day included")


def test_a_cap_for_each_outage_says_of_what_it_is_a_share() -> None:
    terms = written('commitment = "99.9%"\ncredits = "10%"\nlimits = "50% per outage"\n')

    assert "The credit never exceeds 50 % of the month's fee for each outage." in clause(terms).say()
