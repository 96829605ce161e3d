"""What is not held against the provider: classes, notice, hours, allowances, and both sides."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.account import times_of
from monitor.agreements.evidence import EventRow, OutageRow, Sample, SlotRow
from monitor.agreements.exclude import Exclusion, Exclusions
from monitor.agreements.pipeline import Past
from monitor.agreements.terms import (
    Allowance,
    Allowed,
    BadSlot,
    CommitmentTerms,
    ExcludeTerms,
    MeasureTerms,
    Notice,
    PeriodTerms,
    ScopeTerms,
)
from monitor.core.calendars import Calendar, parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, Span
from monitor.core.numbers import Bound
from monitor.core.periods import Period, month
from tests.agreements.judged import case, judge, spanned, terms, when, window
from tests.agreements.seen import at, minutes, row

EXAMPLES = settings(max_examples=120, deadline=None, derandomize=True)
PLANNED = "scheduled maintenance"
ANY_NOTICE = ExcludeTerms(PLANNED, Notice())
OFFICE = Calendar("office", "UTC", parse_hours("Mon-Fri 09:00-17:00"))


def outage(start: int, end: int, **more: Any) -> OutageRow:
    """A row in minutes of October."""
    return row(at(start), at(end), **more)


def excluding(*said: ExcludeTerms, **stages: Any) -> Any:
    return terms(exclude=said, **stages)


def months(count: int, windows: int = 0, excused: int = 0) -> list[Past]:
    """The months before October 2026, the last of them with something excused."""
    labels = [f"2026-{10 - n:02d}" for n in range(count, 0, -1)]
    past = [Past(label, met=True, span=month(label, "UTC").span) for label in labels]
    last = past[-1]
    return [*past[:-1], Past(last.period, met=True, excused=excused, windows=windows, span=last.span)]


# --- classes ------------------------------------------------------------------------------------------------


def test_a_window_excuses_only_where_its_class_is_excluded() -> None:
    said = excluding(ExcludeTerms("force majeure"))
    flood = window(at(0), at(30), what="force majeure", after_the_fact=True, ahead=-DAY)
    work = window(at(100), at(130))

    judged = judge(said, case([outage(0, 60), outage(100, 160)], [flood, work]))

    assert minutes(judged.account.bad) == [(30, 60), (100, 160)]
    assert [(use.what, use.verdict) for use in judged.account.windows] == [("force majeure", "valid")]


def test_a_class_that_asks_for_no_notice_is_excused_whenever_it_was_recorded() -> None:
    said = excluding(ExcludeTerms("emergency maintenance"))
    late = window(at(0), at(30), what="emergency maintenance", ahead=-HOUR)

    use = judge(said, case([outage(0, 60)], [late])).account.windows[0]

    assert (use.verdict, use.ahead, use.excused) == ("valid", 0, 30 * MINUTE)


def test_what_waits_for_a_second_person_excuses_nothing_whatever_its_class_asks_for() -> None:
    said = excluding(ExcludeTerms("emergency maintenance"))
    late = replace(window(at(0), at(30), what="emergency maintenance", ahead=-HOUR), waits=True)

    use = judge(said, case([outage(0, 60)], [late])).account.windows[0]

    assert (use.verdict, use.excused) == ("declared_later", 0)


def test_several_classes_excuse_beside_each_other_and_nothing_twice() -> None:
    said = excluding(ANY_NOTICE, ExcludeTerms("third party"))
    windows = [window(at(0), at(20)), window(at(10), at(30), what="third party")]

    judged = judge(said, case([outage(0, 60)], windows))

    assert minutes(judged.account.bad) == [(30, 60)]
    assert {use.what: use.excused // MINUTE for use in judged.account.windows} == {
        PLANNED: 20,
        "third party": 10,
    }
    assert judged.gross[0].down == 60 * MINUTE


def test_a_window_of_one_resource_excuses_no_other() -> None:
    mine = window(at(0), at(30), resources=frozenset({"a"}))
    judged = judge(excluding(ANY_NOTICE), case({"a": [outage(0, 30)], "b": [outage(0, 30)]}, [mine]))

    assert {reading.lane: reading.down for reading in judged.readings} == {"a": 0, "b": 30 * MINUTE}


# --- classes in the file itself -----------------------------------------------------------------------------


def test_an_outage_of_an_excluded_class_is_excused_for_its_own_span() -> None:
    said = excluding(ExcludeTerms("customer caused"))
    rows = [outage(0, 30, what="customer caused", id="INC-7"), outage(100, 110)]

    judged = judge(said, case(rows))

    assert minutes(judged.account.bad) == [(100, 110)]
    assert [(use.window, use.excused) for use in judged.account.windows] == [("INC-7", 30 * MINUTE)]


def test_where_an_outage_of_no_class_overlaps_it_the_time_counts() -> None:
    rows = [outage(0, 30, what="customer caused"), outage(20, 40)]

    assert minutes(judge(excluding(ExcludeTerms("customer caused")), case(rows)).account.bad) == [(20, 40)]


def test_where_an_outage_of_another_excluded_class_overlaps_it_it_does_not() -> None:
    said = excluding(ExcludeTerms("customer caused"), ExcludeTerms("third party"))
    rows = [outage(0, 30, what="customer caused"), outage(20, 40, what="third party")]

    assert judge(said, case(rows)).reading.down == 0


@pytest.mark.parametrize(("hours", "left"), [(47, 30), (48, 0), (None, 0)])
def test_the_notice_of_a_row_is_tested_where_the_file_says_when_it_was_announced(
    hours: Any, left: int
) -> None:
    said = excluding(ExcludeTerms(PLANNED, Notice(48 * HOUR)))
    announced = None if hours is None else at(0) - hours * HOUR

    judged = judge(said, case([outage(0, 30, what=PLANNED, announced=announced)]))

    assert judged.reading.down == left * MINUTE


def test_a_row_announced_too_late_also_takes_away_what_another_would_have_excused() -> None:
    said = excluding(ExcludeTerms(PLANNED, Notice(48 * HOUR)))
    rows = [
        outage(0, 30, what=PLANNED, announced=at(0) - HOUR),
        outage(20, 60, what=PLANNED, announced=at(0) - 90 * HOUR),
    ]

    assert minutes(judge(said, case(rows)).account.bad) == [(0, 30)]


# --- notice -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("short", "verdict"), [(0, "valid"), (1, "late")])
def test_one_millisecond_too_late_is_too_late_for_the_whole_window(short: int, verdict: str) -> None:
    said = excluding(ExcludeTerms(PLANNED, Notice(48 * HOUR)))
    told = window(at(0), at(30), 48 * HOUR - short)

    judged = judge(said, case([outage(10, 20)], [told]))

    assert judged.account.windows[0].verdict == verdict
    assert judged.reading.down == (10 * MINUTE if short else 0)


def test_what_is_recorded_after_its_start_was_declared_later() -> None:
    judged = judge(excluding(ANY_NOTICE), case([outage(0, 30)], [window(at(0), at(30), -1)]))

    assert judged.account.windows[0].verdict == "declared_later"
    assert judged.reading.down == 30 * MINUTE


@pytest.mark.parametrize(
    ("announced", "verdict"),
    [("2026-10-09T10:00", "valid"), ("2026-10-09T10:01", "late"), ("2026-10-10T10:00", "late")],
)
def test_five_business_days_before_a_friday_are_the_friday_before(announced: str, verdict: str) -> None:
    said = excluding(ExcludeTerms(PLANNED, Notice(business_days=5), calendar="office"))
    start = when("2026-10-16T10:00")
    told = window(start, start + HOUR, start - when(announced))

    judged = judge(said, case([row(start, start + HOUR)], [told], calendars={"office": OFFICE}))

    assert judged.account.windows[0].verdict == verdict


def test_business_days_without_a_calendar_are_refused() -> None:
    said = excluding(ExcludeTerms(PLANNED, Notice(business_days=5), calendar="office"))
    with pytest.raises(ValueError, match='no calendar "office"'):
        judge(said, case([outage(0, 30)], [window(at(0), at(30))]))


# --- hours of the day ---------------------------------------------------------------------------------------


def nightly(zone: str, **more: Any) -> Any:
    return excluding(ExcludeTerms(PLANNED, always=parse_hours("daily 02:00-05:00"), timezone=zone, **more))


@pytest.mark.parametrize(
    ("zone", "day", "real"),
    [
        ("Europe/Berlin", "2026-03-29", 120),
        ("Europe/Berlin", "2026-10-25", 240),
        ("Europe/Berlin", "2026-10-24", 180),
        ("America/New_York", "2026-03-08", 120),
    ],
)
def test_two_to_five_in_the_night_is_as_long_as_the_clocks_make_it(zone: str, day: str, real: int) -> None:
    whole = spanned(f"{day}T00:00 .. {day}T12:00")
    period = Period(whole, zone, "a day")

    judged = judge(nightly(zone), case([row(whole.start, whole.end)], period=period))

    assert 12 * 60 - judged.reading.down / MINUTE == real


def test_hours_that_are_always_excluded_leave_announced_work_outside_them_counted() -> None:
    work = window(at(600), at(660))

    assert judge(nightly("UTC"), case([outage(600, 660)], [work])).reading.down == HOUR


def test_such_hours_leave_both_sides_every_day() -> None:
    judged = judge(nightly("UTC", effect="both sides"), case([outage(120, 360)]))

    assert judged.reading.down == HOUR
    assert judged.reading.time == 31 * 21 * HOUR


def test_work_outside_the_hours_in_which_it_may_be_done_is_downtime() -> None:
    during = parse_hours("daily 22:00-02:00")
    said = excluding(ExcludeTerms(PLANNED, Notice(), only_during=during, timezone="UTC"))
    evening = window(when("2026-10-02T21:00"), when("2026-10-02T23:00"), id="MW-1")
    noon = window(when("2026-10-05T12:00"), when("2026-10-05T13:00"), id="MW-2")
    rows = [row(evening.span.start, evening.span.end), row(noon.span.start, noon.span.end)]

    judged = judge(said, case(rows, [evening, noon]))

    assert judged.reading.down == 2 * HOUR
    assert [(use.window, use.verdict, use.excused // HOUR) for use in judged.account.windows] == [
        ("MW-1", "not_now", 0),
        ("MW-1", "valid", 1),
        ("MW-2", "not_now", 0),
    ]


# --- allowances ---------------------------------------------------------------------------------------------


def allowed(most: int, per: str, of: Any = "time", **more: Any) -> ExcludeTerms:
    return ExcludeTerms(PLANNED, Notice(), (Allowance(most, of, per),), **more)


def test_the_overrun_of_two_hours_a_month_counts() -> None:
    """Down throughout 60, 45 and 30 minutes of maintenance: fifteen too many."""
    spans = [(0, 60), (1_000, 1_045), (2_000, 2_030)]
    rows, work = [outage(*s) for s in spans], [window(at(a), at(b)) for a, b in spans]

    judged = judge(excluding(allowed(2 * HOUR, "month")), case(rows, work))

    assert judged.reading.down == 15 * MINUTE
    assert [use.verdict for use in judged.account.windows] == ["valid", "valid", "cap_used"]


def test_a_year_knows_by_its_history_what_was_used_before() -> None:
    """Ten hours a year, 9 h 30 used until September: of an hour in October one half is excused."""
    said = excluding(allowed(10 * HOUR, "year"))
    seen = case([outage(0, 60)], [window(at(0), at(60))], history=months(9, excused=570 * MINUTE))

    judged = judge(said, seen)

    assert judged.reading.down == 30 * MINUTE
    assert judged.account.lines == ()


def test_a_history_that_is_too_short_is_told() -> None:
    said = excluding(allowed(10 * HOUR, "year"))
    seen = case([outage(0, 60)], [window(at(0), at(60))], history=months(2))

    (line,) = judge(said, seen).account.lines

    assert (line.stage, line.rule, line.values["allowance"]) == (
        "exclude",
        "assumed",
        "10 hours a calendar year",
    )
    assert line.values["end"] == month("2026-08", "UTC").span.start


def test_a_month_that_the_history_leaves_out_is_told() -> None:
    said = excluding(allowed(10 * HOUR, "year"))
    known = months(9, excused=9 * HOUR)
    gone = replace(known[4], met=None)
    seen = case([outage(0, 180)], [window(at(0), at(180))], history=[*known[:4], gone, *known[5:]])

    judged = judge(said, seen)

    assert judged.reading.down == 2 * HOUR
    (line,) = judged.account.lines
    assert (line.rule, line.values["start"]) == ("assumed", month("2026-05", "UTC").span.start)


def test_an_agreement_of_this_year_needs_no_history_of_the_last() -> None:
    said = excluding(allowed(10 * HOUR, "year"))
    seen = case([outage(0, 60)], [window(at(0), at(60))], history=months(2), first=when("2026-08-01T00:00"))

    assert judge(said, seen).account.lines == ()


def test_windows_of_earlier_months_are_told_by_the_history_alone() -> None:
    """A window in September that the evidence knows too uses nothing up twice."""
    said = excluding(allowed(HOUR, "year"))
    windows = [window(at(-60), at(-30)), window(at(0), at(60))]
    seen = case([outage(-60, -30), outage(0, 60)], windows, history=months(9, excused=30 * MINUTE))

    assert judge(said, seen).reading.down == 30 * MINUTE


def test_an_outage_across_the_start_of_the_period_uses_up_what_lies_in_the_period() -> None:
    """Of an hour a year ten minutes lie in October: what was excused before midnight is September's."""
    said = excluding(allowed(HOUR, "year"))
    rows, work = [outage(-20, 10), outage(100, 160)], [window(at(-20), at(10)), window(at(100), at(160))]

    judged = judge(said, case(rows, work, history=months(9)))

    assert judged.reading.down == 10 * MINUTE


@pytest.mark.parametrize(
    ("per", "left"),
    [("day", 0), ("week", 30), ("month", 90), ("quarter", 90), ("year", 90), ("period", 90), ("contract", 90),
     ("contract year", 90), ("6 months", 90), ("12 months", 90)],
)  # fmt: skip
def test_every_span_has_its_own_allowance(per: str, left: int) -> None:
    """Half an hour is free in each span; half an hour of work on four days, the last two of one week."""
    starts = [when(f"2026-10-{day:02d}T10:00") for day in (1, 9, 20, 21)]
    rows = [row(start, start + 30 * MINUTE) for start in starts]
    work = [window(start, start + 30 * MINUTE) for start in starts]

    judged = judge(excluding(allowed(30 * MINUTE, per)), case(rows, work, first=when("2026-10-01T00:00")))

    assert judged.reading.down == left * MINUTE


def test_of_several_allowances_each_must_reach() -> None:
    """An hour a week and two a month: two hours, an hour and an hour of work in three weeks."""
    most = (Allowance(HOUR, "time", "week"), Allowance(2 * HOUR, "time", "month"))
    starts = [(when("2026-10-06T10:00"), 2), (when("2026-10-13T10:00"), 1), (when("2026-10-20T10:00"), 1)]
    rows = [row(start, start + hours * HOUR) for start, hours in starts]
    work = [window(start, start + hours * HOUR) for start, hours in starts]

    judged = judge(excluding(ExcludeTerms(PLANNED, Notice(), most)), case(rows, work))

    assert [use.excused // HOUR for use in judged.account.windows] == [1, 1, 0]


def test_one_window_a_month_is_the_first_that_excuses_something() -> None:
    windows = [window(at(0), at(60)), window(at(100), at(160)), window(at(200), at(260))]
    rows = [outage(100, 130), outage(150, 160), outage(200, 230)]

    by_downtime = judge(excluding(allowed(1, "month", "windows")), case(rows, windows))
    by_window = judge(excluding(allowed(1, "month", "windows", counted="window")), case(rows, windows))

    assert minutes(by_downtime.account.bad) == [(200, 230)]
    assert minutes(by_window.account.bad) == [(100, 130), (150, 160), (200, 230)]


def test_the_windows_of_the_year_so_far_are_counted_in_the_history() -> None:
    said = excluding(allowed(12, "year", "windows"))
    seen = [outage(0, 30), outage(100, 130)], [window(at(0), at(30)), window(at(100), at(130))]

    assert judge(said, case(*seen, history=months(9, windows=10))).reading.down == 0
    assert judge(said, case(*seen, history=months(9, windows=11))).reading.down == 30 * MINUTE
    assert judge(said, case(*seen, history=months(9, windows=12))).reading.down == 60 * MINUTE


def test_a_month_is_the_billing_month_where_that_is_the_period() -> None:
    """From 15 October to 15 November an hour is free, not one on either side of the first."""
    period = Period(spanned("2026-10-15T00:00 .. 2026-11-15T00:00"), "UTC", "2026-10-15")
    starts = [when("2026-10-31T10:00"), when("2026-11-02T10:00")]
    rows = [row(start, start + HOUR) for start in starts]
    work = [window(start, start + HOUR) for start in starts]
    said = excluding(allowed(HOUR, "month"), period=PeriodTerms("billing month"))

    assert judge(said, case(rows, work, period=period)).reading.down == HOUR


# --- both sides ---------------------------------------------------------------------------------------------


def test_off_the_downtime_alone_the_promise_is_kept_and_off_both_sides_it_is_missed() -> None:
    """43.18 minutes down in thirty days, and 240 minutes of maintenance elsewhere."""
    period = month("2026-04", "UTC")
    down = row(period.span.start, period.span.start + 43 * MINUTE + 10_800)
    work = window(period.span.start + DAY, period.span.start + DAY + 4 * HOUR)
    plain, both = ExcludeTerms(PLANNED, Notice()), ExcludeTerms(PLANNED, Notice(), effect="both sides")

    kept = judge(excluding(plain), case([down], [work], period=period)).reading
    missed = judge(excluding(both), case([down], [work], period=period)).reading

    assert (kept.met, missed.met) == (True, False)
    assert kept.value == 1 - Fraction(2_590_800, 2_592_000_000)
    assert missed.value == 1 - Fraction(2_590_800, 2_592_000_000 - 240 * MINUTE)


def test_an_allowed_window_leaves_both_sides_and_one_too_many_neither() -> None:
    windows = [window(at(0), at(60)), window(at(100), at(160))]
    said = excluding(allowed(1, "month", "windows", effect="both sides"))

    judged = judge(said, case([outage(110, 120)], windows))

    assert judged.reading.time == 31 * DAY - HOUR
    assert judged.reading.down == 10 * MINUTE


# --- evidence that is no outage -----------------------------------------------------------------------------

SLOTS = MeasureTerms(evidence="slots", slot=5 * MINUTE, as_="bad slots", bad=BadSlot("all fail"))
BOTH = ExcludeTerms(PLANNED, Notice(), effect="both sides")


def failed(start: int) -> SlotRow:
    return SlotRow(at(start), Fraction(0), Fraction(10), "shop")


def test_a_bad_slot_that_starts_in_a_window_is_good_or_left_out() -> None:
    seen = case({"shop": ()}, [window(at(0), at(7))], slots=(failed(0), failed(5), failed(10)))

    good = judge(excluding(ANY_NOTICE, measure=SLOTS), seen).reading
    left_out = judge(excluding(BOTH, measure=SLOTS), seen).reading

    assert (good.bad, good.base) == (1, 31 * 288)
    assert (left_out.bad, left_out.base) == (1, 31 * 288 - 2)


def test_requests_of_a_window_are_good_or_left_out() -> None:
    rows = (
        SlotRow(at(0), Fraction(5), Fraction(10), "shop"),
        SlotRow(at(5), Fraction(90), Fraction(100), "shop"),
    )
    total = MeasureTerms(evidence="slots", slot=5 * MINUTE, as_="total")
    seen = case({"shop": ()}, [window(at(0), at(5))], slots=rows)

    assert judge(excluding(ANY_NOTICE, measure=total), seen).reading.value == Fraction(100, 110)
    assert judge(excluding(BOTH, measure=total), seen).reading.value == Fraction(90, 100)


def test_samples_of_a_window_are_left_out() -> None:
    samples = (Sample(at(0), Fraction(900), "shop"), Sample(at(10), Fraction(20), "shop"))
    latency = MeasureTerms(evidence="metrics", as_="mean", unit="ms")
    said = excluding(
        ANY_NOTICE, measure=latency, commitment=CommitmentTerms(Bound("<=", Fraction(45)), "metric", "ms")
    )

    reading = judge(said, case({"shop": ()}, [window(at(0), at(5))], samples=samples)).reading

    assert (reading.value, reading.met) == (20, True)


def test_the_clock_of_an_event_stands_while_a_window_is_open() -> None:
    measure = MeasureTerms(evidence="events", within=(("", Allowed(HOUR)),))
    events = (EventRow("T-1", at(0), at(660)), EventRow("T-2", at(0), at(661)))
    seen = case({"shop": ()}, [window(at(0), at(600))], events=events)

    assert judge(excluding(BOTH, measure=measure), seen).reading.bad == 1


# --- against cells ------------------------------------------------------------------------------------------

LENGTH = 300
spots = st.tuples(st.integers(-80, LENGTH), st.integers(1, 60))
classes = st.sampled_from(["one", "two", "three"])


@st.composite
def claims(draw: st.DrawFn) -> Any:
    """A window: where, of which class, how long ahead it was recorded."""
    return *draw(spots), draw(classes), draw(st.sampled_from([-1, 0, 9, 10, 10, 30]))


rules = st.builds(
    ExcludeTerms,
    what=st.just(""),
    notice=st.sampled_from([None, Notice(), Notice(10)]),
    at_most=st.sampled_from([(), (Allowance(25, "time", "period"),)]),
    counted=st.sampled_from(["downtime", "window"]),
    effect=st.sampled_from(["downtime", "both sides"]),
)


@EXAMPLES
@given(down=st.lists(spots, max_size=8), told=st.lists(claims(), max_size=8), one=rules, two=rules)
def test_classes_after_each_other_agree_with_a_walk_over_milliseconds(
    down: list[Any], told: list[Any], one: ExcludeTerms, two: ExcludeTerms
) -> None:
    start = at(0)
    period = Period(Span(start, start + LENGTH), "UTC", "short")
    rows = [row(start + a, start + a + size) for a, size in down]
    windows = [
        window(start + a, start + a + size, ahead, what=what, id=f"W-{n}")
        for n, (a, size, what, ahead) in enumerate(told)
    ]
    said = [Exclusion("one", *_fields(one)), Exclusion("two", *_fields(two))]
    stage = tuple(
        ExcludeTerms(rule.what, rule.notice, rule.at_most, rule.counted, rule.effect) for rule in said
    )

    judged = judge(excluding(*stage), case(rows, windows, period=period))

    bad = {t for a, size in down for t in range(a, a + size)}
    base = set(range(LENGTH))
    for rule in said:
        base, bad = _excused(rule, told, base, bad)
    assert judged.reading.down == len(bad & set(range(LENGTH)))
    assert judged.reading.time == len(base)
    found = times_of(judged.account)
    assert found.promised == LENGTH == found.up + found.counted + found.excused + found.set_aside


def _fields(said: ExcludeTerms) -> tuple[Any, ...]:
    return said.notice, said.at_most, said.counted, said.effect


def _excused(rule: Exclusion, told: list[Any], base: set[int], bad: set[int]) -> tuple[set[int], set[int]]:
    """Walks over the period's milliseconds, one class at a time; before the period nothing is used up."""
    inside: set[int] = set()
    for a, size, what, ahead in told:
        timely = rule.notice is None or (ahead >= 0 and ahead >= rule.notice.ms)
        if what == rule.what and timely:
            inside |= set(range(a, a + size))
    left = rule.at_most[0].most if rule.at_most else None
    gone: set[int] = set()
    taken: set[int] = set()
    for t in sorted(inside & set(range(LENGTH))):
        uses = rule.counted == "window" or t in bad
        if left is not None and uses:
            if not left:
                continue
            left -= 1
        taken.add(t)
    gone = {t for t in bad if t in taken}
    removed = taken if rule.effect == "both sides" else set()
    if rule.effect == "both sides":
        bad_left = bad - gone
        removed = {t for t in _claimed(rule, inside, taken) if t not in bad_left}
    return base - removed, bad - gone


def _claimed(rule: Exclusion, inside: set[int], taken: set[int]) -> set[int]:
    """What leaves the base: by announced time what was granted of it, otherwise every valid window."""
    return taken if rule.counted == "window" else inside


# --- aloud --------------------------------------------------------------------------------------------------


def test_exclusions_say_themselves() -> None:
    step = Exclusions(
        (
            Exclusion(
                PLANNED, Notice(business_days=5), (Allowance(1, "windows", "month"),), effect="both sides"
            ),
            Exclusion("force majeure"),
            Exclusion("third party"),
            Exclusion("emergency maintenance", only_during=parse_hours("daily 22:00-24:00"), timezone="UTC"),
        )
    )

    assert step.say() == (
        "Not counted: scheduled maintenance announced at least 5 business days ahead, up to 1 window a "
        "calendar month; what goes beyond counts as downtime; the time of such windows is taken off the "
        "length of the period too. Not counted: emergency maintenance, as far as it is done every day 22:00 "
        "to 24:00 (UTC). Not counted: force majeure and third party."
    )


def test_hours_that_are_always_excluded_are_said() -> None:
    step = Exclusions(
        (Exclusion(PLANNED, always=parse_hours("Thu 18:00-20:00"), timezone="America/Los_Angeles"),)
    )

    assert step.say() == (
        "Not counted: scheduled maintenance Thursday 18:00 to 20:00 (America/Los_Angeles), announced or not."
    )


def test_a_window_of_every_resource_excuses_a_combination_of_them() -> None:
    said = excluding(ANY_NOTICE, scope=ScopeTerms("all down"))
    seen = case({"a": [outage(0, 30)], "b": [outage(10, 40)]}, [window(at(0), at(20))])

    assert minutes(judge(said, seen).account.bad) == [(20, 30)]
