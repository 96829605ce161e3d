"""Events: what was done in time, on whose clock, and in which period it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.events import InTime, rule
from monitor.agreements.evidence import EventRow, Evidence
from monitor.agreements.exclude import Exclusion
from monitor.agreements.pipeline import Account, Accounts, Miss
from monitor.agreements.terms import Allowed, MeasureTerms, Notice
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.periods import Period, instant, midnight, month
from monitor.core.windows import Window
from monitor.errors import EvidenceRefused
from tests.agreements.seen import EDGE, at, case, only

QUARTER_HOUR = InTime((("", Allowed(15 * MINUTE)),))
OFFICE = Calendar("office", "Europe/London", parse_hours("Mon-Fri 09:00-17:00"))
ALL_DAY = Calendar("uk-working", "Europe/London", parse_hours("Mon-Fri 00:00-24:00"))
CALENDARS = {"office": OFFICE, "uk-working": ALL_DAY}


def event(started: Ms, finished: Ms | None, id: str = "E", **more: Any) -> EventRow:
    return EventRow(id, started, finished, **more)


def day(text: str) -> Ms:
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


def accounts(measure: InTime, *events: EventRow, period: Period | None = None, **more: Any) -> Accounts:
    return measure(case(Evidence({}, events=events), period, calendars=CALENDARS, **more))


def measured(measure: InTime, *events: EventRow, **more: Any) -> Account:
    return only(accounts(measure, *events, **more))


def miss(measure: InTime, *events: EventRow, **more: Any) -> Miss:
    (found,) = measured(measure, *events, **more).misses
    return found


def test_exactly_the_time_allowed_is_in_time_and_a_ms_more_is_late() -> None:
    account = measured(
        QUARTER_HOUR, event(at(0), at(15), "in time"), event(at(0), at(15) + 1, "late", count=3)
    )

    assert {p.cause: p.size for p in account.base} == {"in time": 1, "late": 3}
    assert [p.cause for p in account.bad] == ["late"]
    (late,) = account.misses
    assert (late.delay, late.allowed, late.due, late.count) == (1, 15 * MINUTE, at(15), 3)


def test_an_unfinished_event_is_late_once_its_time_is_up_and_before_that_no_event_at_all() -> None:
    waiting = event(at(0), None)

    assert measured(QUARTER_HOUR, waiting, as_of=at(15)).base == ()
    late = measured(QUARTER_HOUR, waiting, as_of=at(16))
    assert [p.cause for p in late.base] == [p.cause for p in late.bad] == ["E"]
    assert late.misses[0].finished is None
    assert late.misses[0].delay == MINUTE


def test_what_the_file_says_is_known_also_where_it_lies_after_the_period() -> None:
    period = Period(Span(EDGE, at(10)), "UTC", "ten minutes")

    assert miss(QUARTER_HOUR, event(at(0), at(60)), period=period).finished == at(60)
    assert len(measured(QUARTER_HOUR, event(at(0), at(12)), period=period).base) == 1


def test_an_event_counts_in_the_month_in_which_it_started() -> None:
    """Started on 31 January at 23:55, done on 1 February at 00:20: a miss of January (as S3 RTC has it)."""
    replication = event(day("2026-01-31T23:55"), day("2026-02-01T00:20"))

    january = measured(QUARTER_HOUR, replication, period=month("2026-01", "UTC"))
    assert len(january.misses) == 1
    assert measured(QUARTER_HOUR, replication, period=month("2026-02", "UTC")).base == ()


def test_or_in_which_it_ended() -> None:
    by_end = replace(QUARTER_HOUR, counted_in="period of end")
    replication = event(day("2026-01-31T23:55"), day("2026-02-01T00:20"))

    assert measured(by_end, replication, period=month("2026-01", "UTC")).base == ()
    assert len(measured(by_end, replication, period=month("2026-02", "UTC")).misses) == 1


def test_a_late_event_without_an_end_counts_where_its_deadline_lies() -> None:
    by_end = replace(QUARTER_HOUR, counted_in="period of end")
    lost = event(day("2026-01-31T23:55"), None)

    assert len(measured(by_end, lost, period=month("2026-02", "UTC")).misses) == 1
    assert measured(by_end, lost, period=month("2026-03", "UTC")).misses == ()


def test_the_time_allowed_may_depend_on_the_priority() -> None:
    by_priority = InTime((("urgent", Allowed(HOUR)), ("", Allowed(4 * HOUR))))
    account = measured(
        by_priority,
        event(at(0), at(61), "urgent", priority="urgent"),
        event(at(0), at(61), "other", priority="low"),
    )

    assert [p.cause for p in account.bad] == ["urgent"]


def test_priorities_without_a_time_are_refused_all_at_once() -> None:
    by_priority = InTime((("urgent", Allowed(HOUR)),))
    events = [event(at(0), at(1), f"E{n}", priority="low") for n in range(7)]

    with pytest.raises(EvidenceRefused, match=r'E0, E1, E2, E3, E4 and 2 more: .*the terms name "urgent"'):
        accounts(by_priority, *events)


def test_the_files_own_date_may_be_the_deadline() -> None:
    due = InTime("due")

    late = miss(due, event(at(0), at(30), due=at(20)))
    assert (late.delay, late.allowed) == (10 * MINUTE, None)
    with pytest.raises(EvidenceRefused, match="event E: no due date"):
        accounts(due, event(at(0), at(30)))


def test_four_business_hours_run_in_the_calendar_alone() -> None:
    """Friday 15:00 in London; four office hours end on Monday at 11:00, and the delay is office time too."""
    office = InTime((("", Allowed(4 * HOUR, business=True)),), calendar="office")
    friday = day("2026-10-09T14:00")

    in_time = event(friday, day("2026-10-12T10:00"), "in time")
    late = event(friday, day("2026-10-13T09:30"), "late")
    found = miss(office, in_time, late)
    assert found.due == day("2026-10-12T10:00")
    assert (found.delay, found.allowed) == (7 * HOUR + 30 * MINUTE, 4 * HOUR)


def test_two_business_days_end_with_the_day_and_late_days_are_those_of_the_calendar() -> None:
    """Reported on Monday, due by the end of Wednesday, done on Saturday: three days (as Ofcom has it)."""
    ofcom = InTime((("", Allowed(days=2, business=True, at="end of day")),), calendar="uk-working")
    monday = day("2026-10-05T08:00")

    wednesday = midnight(date(2026, 10, 8), "Europe/London") - 1
    assert measured(ofcom, event(monday, wednesday)).bad == ()
    assert miss(ofcom, event(monday, wednesday + 1)).days == 1
    found = miss(ofcom, event(monday, day("2026-10-10T12:00")))
    assert (found.due, found.days) == (wednesday, 3)


def test_a_due_date_at_midnight_is_the_day_before() -> None:
    assert miss(InTime("due"), event(at(0), at(1500), due=EDGE + DAY)).days == 1


def test_calendar_days_may_end_with_the_day_or_at_the_same_time() -> None:
    def due(at_: Any) -> Ms:
        return miss(InTime((("", Allowed(days=2, at=at_)),)), event(at(90), at(9_000))).due

    assert due(None) == due("same time") == at(90) + 2 * DAY
    assert due("end of day") == EDGE + 3 * DAY - 1


def window(start: Ms, end: Ms, **more: Any) -> Window:
    return Window("MW-1", "Work", frozenset({"shop"}), Span(start, end), start - DAY, "ops", **more)


def standing(measure: InTime, *events: EventRow, windows: tuple[Window, ...]) -> Account:
    excluded = replace(measure, exclude=(Exclusion(notice=Notice(ms=HOUR)),))
    return only(excluded(case(Evidence({}, windows, events=events), calendars=CALENDARS)))


def test_the_clock_stands_in_a_valid_window() -> None:
    """A quarter of an hour from 0:00; the ten minutes from 0:05 and the twenty from 0:30 do not count."""
    windows = (window(at(5), at(15)), window(at(30), at(50)))

    assert standing(QUARTER_HOUR, event(at(0), at(25)), windows=windows).misses == ()
    (late,) = standing(QUARTER_HOUR, event(at(0), at(55)), windows=windows).misses
    assert (late.due, late.delay, late.allowed) == (at(25), 10 * MINUTE, 15 * MINUTE)


def test_business_time_stands_too_but_only_once() -> None:
    """Monday 9:00 in London; of four office hours the window from 7:00 to 11:00 takes two."""
    office = InTime((("", Allowed(4 * HOUR, business=True)),), calendar="office")
    windows = (window(day("2026-10-12T06:00"), day("2026-10-12T10:00")),)

    found = event(day("2026-10-12T08:00"), day("2026-10-13T08:00"))
    (late,) = standing(office, found, windows=windows).misses
    assert (late.due, late.delay) == (day("2026-10-12T14:00"), 2 * HOUR)


@pytest.mark.parametrize(
    "other",
    [
        window(at(5), at(15), what="force majeure"),
        window(at(5), at(15), resources=frozenset({"other"})),
        replace(window(at(5), at(15)), recorded=at(0)),
    ],
)
def test_the_clock_does_not_stand_in_any_other_window(other: Window) -> None:
    (late,) = standing(QUARTER_HOUR, event(at(0), at(25)), windows=(other,)).misses

    assert (late.due, late.delay) == (at(15), 10 * MINUTE)


def test_only_the_chosen_events_count_and_each_resource_has_its_own() -> None:
    chosen = replace(QUARTER_HOUR, only=(("priority", "P0"),))
    found = accounts(
        chosen,
        event(at(0), at(20), "A", priority="P0", resource="a"),
        event(at(0), at(20), "B", priority="P1", resource="a"),
        event(at(1), at(2), "C", priority="P0", resource="b"),
    )

    assert [(a.lane, len(a.base), len(a.bad)) for a in found] == [("a", 1, 1), ("b", 1, 0)]


def test_the_terms_choose_the_measure() -> None:
    terms = MeasureTerms(evidence="events", within="due", counted_in="period of end", calendar="office")

    assert rule(terms) == InTime("due", "period of end", "office")
    with pytest.raises(ValueError, match="time allowed"):
        rule(MeasureTerms(evidence="events"))


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (
            QUARTER_HOUR,
            (
                "Each event must be done within 15 minutes, exactly that being in time; it counts in the "
                "period in which it started."
            ),
        ),
        (
            InTime(
                (("urgent", Allowed(HOUR)), ("", Allowed(days=1, business=True, at="end of day"))),
                calendar="o",
            ),
            (
                "Each event must be done within 1 hour for urgent, 1 business day (end of day) for every "
                "other of calendar o, exactly that being in time; it counts in the period in which it "
                "started."
            ),
        ),
        (
            InTime("due", "period of end"),
            (
                "Each event must be done by its own date, exactly that being in time; it counts in the "
                "period in which it ended."
            ),
        ),
    ],
)
def test_it_says_what_must_be_done_by_when(measure: InTime, sentence: str) -> None:
    assert measure.say() == sentence


events = st.lists(
    st.tuples(st.integers(-60, 100), st.none() | st.integers(0, 60), st.integers(1, 3)), max_size=10
)


@given(events=events, by=st.sampled_from(["period of start", "period of end"]), as_of=st.integers(0, 120))
def test_events_are_looked_at_one_by_one(events: Any, by: Any, as_of: int) -> None:
    """A period of 60 minutes, a quarter of an hour for each."""
    rows = [
        event(at(start), None if took is None else at(start + took), f"E{n}", count=many)
        for n, (start, took, many) in enumerate(events)
    ]
    period = Period(Span(at(0), at(60)), "UTC", "an hour")
    account = measured(replace(QUARTER_HOUR, counted_in=by), *rows, period=period, as_of=at(as_of))

    done, late = 0, 0
    for start, took, many in events:
        finished = took is not None
        overdue = (took if finished else as_of - start) > 15
        counted_at = start if by == "period of start" else start + (took if finished else 15)
        if not (finished or overdue) or not 0 <= counted_at < min(60, as_of):
            continue
        done, late = done + many, late + many * overdue
    assert sum(p.size for p in account.base) == done
    assert sum(p.size for p in account.bad) == sum(m.count for m in account.misses) == late
