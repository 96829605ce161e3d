"""Business time: hours that clocks bend, holidays that are told, deadlines and the days before them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendars import (
    Calendar,
    Hours,
    after_business_days,
    after_working_time,
    business_day_after,
    is_business_day,
    latest_notice,
    parse_hours,
    working,
    working_time,
)
from monitor.core.intervals import DAY, HOUR, MINUTE, Span, total
from monitor.core.periods import instant, local, midnight

BERLIN, NEW_YORK, LONDON = "Europe/Berlin", "America/New_York", "Europe/London"


def at(text: str, zone: str = "UTC") -> int:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def shown(moment: int, zone: str = "UTC") -> str:
    return local(moment, zone).strftime("%a %Y-%m-%d %H:%M")


def whole(day: str, zone: str) -> Span:
    first = date.fromisoformat(day)
    return Span(midnight(first, zone), midnight(first + timedelta(days=1), zone))


def calendar(
    hours: str, zone: str = "UTC", *holidays: str, known: tuple[int, int] = (2020, 2030)
) -> Calendar:
    days = frozenset(date.fromisoformat(day) for day in holidays)
    return Calendar("office", zone, parse_hours(hours), holidays=days, known=known)


OFFICE = calendar("Mon-Fri 09:00-17:00", BERLIN)
SUPPORT = calendar("Mon-Fri 06:00-18:00", "America/Los_Angeles")


# Hours as text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon-Fri 09:00-17:00", "Monday to Friday 09:00 to 17:00"),
        (
            "Mon-Thu 08:00-18:00; Fri 08:00-16:00",
            "Monday to Thursday 08:00 to 18:00 and Friday 08:00 to 16:00",
        ),
        ("daily 02:00-05:00", "every day 02:00 to 05:00"),
        ("Mon-Sun 02:00-05:00", "every day 02:00 to 05:00"),
        ("Mon,Wed 10:00-12:00", "Monday and Wednesday 10:00 to 12:00"),
        ("Mon, Wed-Fri 10:00-12:00", "Monday and Wednesday to Friday 10:00 to 12:00"),
        ("Sat-Sun 10:00-12:00", "Saturday and Sunday 10:00 to 12:00"),
        ("Fri-Mon 10:00-12:00", "Monday and Friday to Sunday 10:00 to 12:00"),
        ("Mon-Fri 00:00-24:00", "Monday to Friday 00:00 to 24:00"),
        ("Fri 22:00-06:00", "Friday 22:00 to 06:00 the next day"),
        ("Fri 22:00-00:00", "Friday 22:00 to 24:00"),
    ],
)
def test_hours_are_read_and_said_in_words(text: str, said: str) -> None:
    assert str(parse_hours(text)) == said


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "Monday 09:00-17:00",
            '"Monday" is no day (the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, or daily)',
        ),
        ("mon-fri 09:00-17:00", '"mon" is no day'),
        ("Mon-Fri 9:00-17:00", '"9:00" is no time of day (00:00 to 24:00)'),
        ("Mon-Fri 09:00-24:01", '"24:01" is no time of day'),
        ("Mon-Fri 09:60-17:00", '"09:60" is no time of day'),
        ("Mon-Fri 09:00-09:00", "lasts no time (a whole day is 00:00-24:00)"),
        ("Mon-Fri 24:00-09:00", "starts at 24:00, which is 00:00 of the next day"),
        ("Mon-Fri 9am to 5pm", '"Mon-Fri 9am to 5pm" is not days and hours'),
        ("Mon-Fri 09:00-17:00;", '"" is not days and hours'),
        ("", '"" is not days and hours'),
    ],
)
def test_hours_that_cannot_be_read_say_what_to_write(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_hours(text)
    assert problem in str(caught.value)
    assert 'write hours as in "Mon-Fri 09:00-17:00"' in str(caught.value)


def test_everything_wrong_with_hours_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r'"Mo" is no day.*; "8:00" is no time of day'):
        parse_hours("Mo 08:00-18:00; Fri 8:00-16:00; Sat 10:00-12:00")


# Working time


def test_hours_over_midnight_run_into_the_next_day() -> None:
    night = calendar("Fri 22:00-06:00")
    assert working(night, whole("2026-10-10", "UTC")) == (Span(at("2026-10-10"), at("2026-10-10T06:00")),)
    assert is_business_day(night, date(2026, 10, 10))
    assert not is_business_day(night, date(2026, 10, 11))


def test_hours_that_overlap_count_once() -> None:
    twice = calendar("Mon-Fri 09:00-17:00; Wed 12:00-20:00")
    assert total(working(twice, whole("2026-10-07", "UTC"))) == 11 * HOUR


def test_a_whole_week_of_days_is_one_stretch() -> None:
    assert working(calendar("Mon-Fri 00:00-24:00"), Span(at("2026-10-03"), at("2026-10-12"))) == (
        Span(at("2026-10-05"), at("2026-10-10")),
    )


@pytest.mark.parametrize(
    ("hours", "zone", "day", "length"),
    [
        ("daily 02:00-05:00", BERLIN, "2025-03-29", 3 * HOUR),
        ("daily 02:00-05:00", BERLIN, "2025-03-30", 2 * HOUR),
        ("daily 02:00-05:00", BERLIN, "2025-10-26", 4 * HOUR),
        ("daily 02:00-03:00", BERLIN, "2025-10-26", 2 * HOUR),
        ("daily 02:00-03:00", BERLIN, "2025-03-30", 0),
        ("daily 02:10-02:50", BERLIN, "2025-03-30", 0),
        ("daily 02:30-03:30", BERLIN, "2025-03-30", HOUR // 2),
        ("daily 02:15-02:45", BERLIN, "2025-10-26", HOUR // 2),
        ("daily 01:00-02:30; daily 02:30-04:00", BERLIN, "2025-10-26", 4 * HOUR),
        ("daily 00:00-24:00", BERLIN, "2025-03-30", 23 * HOUR),
        ("daily 00:00-24:00", "Australia/Lord_Howe", "2026-04-05", 24 * HOUR + 30 * MINUTE),
        ("daily 00:00-24:00", "Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_hours_last_as_long_as_their_two_instants_are_apart(
    hours: str, zone: str, day: str, length: int
) -> None:
    bent = calendar(hours, zone, known=(2010, 2030))
    assert total(working(bent, whole(day, zone))) == length


def test_hours_whose_start_is_skipped_open_when_the_clock_has_jumped() -> None:
    nightly = calendar("daily 02:00-05:00", NEW_YORK)
    assert working(nightly, whole("2025-03-09", NEW_YORK)) == (
        Span(at("2025-03-09T07:00"), at("2025-03-09T09:00")),
    )


def test_a_month_of_service_hours_leaves_out_the_bank_holidays() -> None:
    service = calendar("Mon-Fri 09:00-21:00", LONDON, "2025-05-05", "2025-05-26")
    may = Span(at("2025-05-01", LONDON), at("2025-06-01", LONDON))
    assert total(working(service, may)) == 14_400 * MINUTE


def test_an_outage_over_the_weekend_costs_its_service_minutes_alone() -> None:
    service = calendar("Mon-Fri 09:00-21:00", LONDON, "2025-05-05", "2025-05-26")
    start, end = at("2025-05-16T20:30", LONDON), at("2025-05-19T09:20", LONDON)
    assert working_time(service, start, end) == 50 * MINUTE
    assert working_time(service, start, start) == 0


def test_a_holiday_takes_its_own_local_day_out_of_a_night() -> None:
    night = calendar("Fri 22:00-06:00", BERLIN, "2026-10-03")
    assert working(night, Span(at("2026-10-02", BERLIN), at("2026-10-05", BERLIN))) == (
        Span(at("2026-10-02T22:00", BERLIN), at("2026-10-03", BERLIN)),
    )


def test_a_team_works_while_any_of_its_cities_does() -> None:
    cities = ("America/Los_Angeles", NEW_YORK, LONDON, "Asia/Tokyo")
    members = tuple(Calendar(zone, zone, parse_hours("Mon-Fri 08:00-18:00")) for zone in cities)
    team = Calendar("team", "UTC", None, members, frozenset({date(2026, 7, 8)}), (2026, 2026))
    tuesday = Span(at("2026-07-07"), at("2026-07-08"))
    assert working(
        team, tuesday
    ) == (  # Los Angeles shuts at 01:00Z, London opens at 07:00Z, Tokyo till 09:00Z
        tuesday,
    )
    assert working(team, whole("2026-07-08", "UTC")) == ()
    assert working(team, Span(at("2026-07-11"), at("2026-07-12"))) == (
        Span(at("2026-07-11"), at("2026-07-11T01:00")),
    )


def test_a_day_that_is_a_holiday_in_one_country_only_is_worked_elsewhere() -> None:
    here = calendar("Mon-Fri 09:00-17:00", LONDON, "2026-05-04")
    there = calendar("Mon-Fri 09:00-17:00", "Asia/Tokyo")
    assert is_business_day(Calendar("either", LONDON, None, (here, there)), date(2026, 5, 4))
    assert not is_business_day(Calendar("one", LONDON, None, (here,)), date(2026, 5, 4))


@pytest.mark.parametrize(
    ("day", "works"),
    [("2026-10-02", True), ("2026-10-03", False), ("2026-10-05", False), ("2026-10-06", True)],
)
def test_a_business_day_has_working_time_and_is_no_holiday(day: str, works: bool) -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, "2026-10-05")
    assert is_business_day(office, date.fromisoformat(day)) is works


# What is refused


@pytest.mark.parametrize("day", ["2024-12-31", "2027-01-01"])
def test_a_day_of_a_year_without_resolved_holidays_is_refused(day: str) -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, known=(2025, 2026))
    with pytest.raises(ValueError) as caught:
        is_business_day(office, date.fromisoformat(day))
    assert str(caught.value) == (
        f'the holidays of calendar "office" are known for 2025 to 2026 and {day} was asked: '
        f'write holidays = "none" and name the days of {day[:4]} with add'
    )


def test_every_day_up_to_the_edges_of_the_resolved_years_is_answered() -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, known=(2025, 2026))
    both = Span(at("2025-01-01", BERLIN), at("2027-01-01", BERLIN))
    assert total(working(office, both)) == 522 * 8 * HOUR
    with pytest.raises(ValueError, match="2027-01-01 was asked"):
        working(office, Span(both.start, both.end + 1))


def test_a_deadline_is_not_counted_into_an_unresolved_year() -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, known=(2025, 2025))
    with pytest.raises(ValueError, match="name the days of 2026 with add"):
        business_day_after(office, date(2025, 12, 31), 10)


def test_a_member_whose_holidays_are_not_resolved_is_named() -> None:
    team = Calendar("team", "UTC", None, (OFFICE,))
    with pytest.raises(ValueError, match='"office" are known for 2020 to 2030'):
        is_business_day(team, date(2031, 1, 1))


def test_a_calendar_without_holidays_answers_for_every_year() -> None:
    assert is_business_day(Calendar("plain", "UTC", parse_hours("daily 00:00-24:00")), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("hours", "members", "problem"),
    [
        (None, (), "no working time"),
        (Hours(()), (), "no working time"),
        (parse_hours("daily 00:00-24:00"), (OFFICE,), "both hours and any_of: keep one"),
    ],
)
def test_a_calendar_has_hours_or_members(
    hours: Hours | None, members: tuple[Calendar, ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=f'calendar "odd" has {problem}'):
        Calendar("odd", "UTC", hours, members)


def test_holidays_come_with_the_years_they_were_resolved_for() -> None:
    with pytest.raises(ValueError, match="say for which years they are known"):
        Calendar("odd", "UTC", parse_hours("daily 00:00-24:00"), holidays=frozenset({date(2026, 1, 1)}))


def test_a_search_that_finds_no_working_time_gives_up() -> None:
    first = date(2026, 1, 1)
    shut = frozenset(first + timedelta(days=n) for n in range(4_000))
    never = Calendar("never", "UTC", parse_hours("daily 09:00-17:00"), holidays=shut, known=(2015, 2040))
    with pytest.raises(
        ValueError, match=r'"never" has not so much working time within 3,660 days of 2026-01-01'
    ):
        after_working_time(never, at("2026-01-01"), 1)
    with pytest.raises(ValueError, match=r'"never" has not so many business days within 3,660 days'):
        business_day_after(never, first, 1)


@pytest.mark.parametrize("n", [0, -1])
def test_fewer_than_one_business_day_cannot_be_counted(n: int) -> None:
    with pytest.raises(ValueError, match="write at least 1 business day"):
        business_day_after(OFFICE, date(2026, 1, 1), n)
    with pytest.raises(ValueError, match="write at least 1 business day"):
        latest_notice(OFFICE, at("2026-01-01"), n)


def test_a_negative_business_time_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        after_working_time(OFFICE, at("2026-01-01"), -1)


# Deadlines in business hours


@pytest.mark.parametrize(
    ("filed", "hours", "due"),
    [
        ("2026-10-02T17:30", 2, "Mon 2026-10-05 07:30"),
        ("2026-10-02T17:30", 4, "Mon 2026-10-05 09:30"),
        ("2026-10-03T11:00", 2, "Mon 2026-10-05 08:00"),
        ("2026-10-02T04:00", 2, "Fri 2026-10-02 08:00"),
        ("2026-10-02T16:00", 2, "Fri 2026-10-02 18:00"),
        ("2026-10-02T18:00", 2, "Mon 2026-10-05 08:00"),
        ("2026-10-02T18:00", 0, "Fri 2026-10-02 18:00"),
        ("2026-10-05T06:00", 30, "Wed 2026-10-07 12:00"),
    ],
)
def test_business_hours_run_in_working_time_alone(filed: str, hours: int, due: str) -> None:
    zone = SUPPORT.zone
    assert shown(after_working_time(SUPPORT, at(filed, zone), hours * HOUR), zone) == due


def test_business_hours_skip_a_holiday() -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, "2026-10-05")
    due = after_working_time(office, at("2026-10-02T16:00", BERLIN), 2 * HOUR)
    assert shown(due, BERLIN) == "Tue 2026-10-06 10:00"


# Deadlines in business days


@pytest.mark.parametrize(
    ("start", "n", "last", "due"),
    [
        ("2026-10-05T00:00", 2, "end of day", "2026-10-07T23:59:59.999"),
        ("2026-10-05T23:59", 2, "end of day", "2026-10-07T23:59:59.999"),
        ("2026-10-05T10:00", 2, "close of business", "2026-10-07T17:00"),
        ("2026-10-05T10:12:13.456", 2, "same time", "2026-10-07T10:12:13.456"),
        ("2025-10-04T12:00", 3, "end of day", "2025-10-08T23:59:59.999"),
        ("2025-10-05T12:00", 3, "end of day", "2025-10-08T23:59:59.999"),
        ("2026-10-02T20:00", 1, "close of business", "2026-10-05T17:00"),
        ("2026-10-23T02:30", 1, "same time", "2026-10-26T02:30"),
    ],
)
def test_business_days_are_counted_after_the_day_of_the_start(
    start: str, n: int, last: str, due: str
) -> None:
    found = after_business_days(OFFICE, at(start, BERLIN), n, last)  # type: ignore[arg-type]
    assert found == at(due, BERLIN)


def test_the_day_of_the_start_is_the_day_of_the_calendars_zone() -> None:
    late_on_sunday = at("2026-10-04T22:30")  # Monday 00:30 in Berlin
    assert after_business_days(OFFICE, late_on_sunday, 1, "close of business") == at(
        "2026-10-06T17:00", BERLIN
    )


def test_business_closes_within_the_day_even_where_work_goes_on() -> None:
    always = calendar("daily 00:00-24:00", BERLIN)
    due = after_business_days(always, at("2026-10-05T10:00", BERLIN), 1, "close of business")
    assert due == at("2026-10-06T23:59:59.999", BERLIN)


def test_a_day_with_two_shifts_closes_with_the_second() -> None:
    shifts = calendar("Mon-Fri 09:00-12:00; Mon-Fri 13:00-18:00", BERLIN)
    due = after_business_days(shifts, at("2026-10-05T10:00", BERLIN), 1, "close of business")
    assert due == at("2026-10-06T18:00", BERLIN)


def test_the_same_time_on_a_day_that_skips_it_is_the_first_instant_after_the_hole() -> None:
    daily = calendar("daily 00:00-24:00", BERLIN)
    assert after_business_days(daily, at("2025-03-29T02:30", BERLIN), 1, "same time") == at(
        "2025-03-30T01:00"
    )


def test_ten_business_days_across_new_year() -> None:
    assert business_day_after(OFFICE, date(2025, 12, 31), 10) == date(2026, 1, 14)
    with_new_year = calendar("Mon-Fri 09:00-17:00", BERLIN, "2026-01-01")
    assert business_day_after(with_new_year, date(2025, 12, 31), 10) == date(2026, 1, 15)


# Notice


@pytest.mark.parametrize(
    ("start", "n", "latest"),
    [
        ("2026-10-09T02:00", 5, "Fri 2026-10-02 02:00"),
        ("2026-10-11T02:00", 5, "Mon 2026-10-05 02:00"),
        ("2026-10-10T02:00", 5, "Mon 2026-10-05 02:00"),
        ("2026-10-12T02:00", 1, "Fri 2026-10-09 02:00"),
        ("2026-10-26T02:30", 1, "Fri 2026-10-23 02:30"),
    ],
)
def test_notice_counts_back_over_the_business_days_before_the_start(start: str, n: int, latest: str) -> None:
    assert shown(latest_notice(OFFICE, at(start, BERLIN), n), BERLIN) == latest


def test_a_holiday_gives_no_notice() -> None:
    office = calendar("Mon-Fri 09:00-17:00", BERLIN, "2026-10-05")
    assert shown(latest_notice(office, at("2026-10-09T02:00", BERLIN), 4), BERLIN) == "Fri 2026-10-02 02:00"


# Against a scan of every five minutes

STEP = 5  # minutes; hours and changes of clocks all lie on it

TURNS = [  # a zone, and a UTC day near which its clock changes
    ("UTC", "2026-03-29"),
    (BERLIN, "2025-03-30"),
    (BERLIN, "2025-10-26"),
    (NEW_YORK, "2025-03-09"),
    (NEW_YORK, "2025-11-02"),
    ("Australia/Lord_Howe", "2026-04-04"),
    ("Australia/Lord_Howe", "2026-10-03"),
    ("America/Havana", "2026-03-08"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("Asia/Kathmandu", "2026-01-01"),
]
SHORT = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

minutes = st.integers(0, 287).map(lambda step: step * STEP)
openings = st.tuples(st.sets(st.sampled_from(SHORT), min_size=1), minutes, minutes).filter(
    lambda opening: opening[1] != opening[2]
)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def scanned(
    openings: list[tuple[set[str], int, int]], zone: str, scan: range, holidays: set[date]
) -> set[int]:
    """The working ones of some minutes, by asking the wall clock of every one for its latest reading."""
    latest = datetime(1970, 1, 1)  # noqa: DTZ001 - the face of a wall clock
    out = set()
    for minute in scan:
        here = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        latest = max(latest, here)
        if here.date() not in holidays and any(worked(latest, opening) for opening in openings):
            out.add(minute)
    return out


def worked(shown: datetime, opening: tuple[set[str], int, int]) -> bool:
    names, start, end = opening
    for back in (0, 1):
        day = shown.date() - timedelta(days=back)
        midnight = datetime.combine(day, time(0))
        until = end if end > start else end + 1_440
        opens, closes = midnight + timedelta(minutes=start), midnight + timedelta(minutes=until)
        if SHORT[day.weekday()] in names and opens <= shown < closes:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TURNS), st.lists(openings, min_size=1, max_size=3), st.sets(st.integers(0, 5)), st.data()
)
def test_working_time_and_deadlines_agree_with_a_scan(
    turn: tuple[str, str], openings: list[tuple[set[str], int, int]], off: set[int], data: st.DataObject
) -> None:
    zone, day = turn
    base = date.fromisoformat(day)
    holidays = {base + timedelta(days=n - 2) for n in off}
    text = "; ".join(f"{','.join(sorted(names))} {clock(a)}-{clock(b)}" for names, a, b in openings)
    tested = Calendar("tested", zone, parse_hours(text), holidays=frozenset(holidays), known=(2017, 2027))
    middle = at(day) // MINUTE
    scan = range(middle - 4 * 1_440, middle + 5 * 1_440, STEP)
    oracle = scanned(openings, zone, range(scan.start - 2 * 1_440, scan.stop, STEP), holidays)

    start, end = sorted(data.draw(st.tuples(st.sampled_from(scan), st.sampled_from(scan))))
    expected = [minute for minute in range(start, end, STEP) if minute in oracle]
    found = working(tested, Span(start * MINUTE, end * MINUTE))
    assert [m for span in found for m in range(span.start // MINUTE, span.end // MINUTE, STEP)] == expected
    assert working_time(tested, start * MINUTE, end * MINUTE) == len(expected) * STEP * MINUTE
    assert all(one.end < following.start for one, following in pairwise(found))
    if expected:
        share = data.draw(st.integers(1, len(expected)))
        due = after_working_time(tested, start * MINUTE, share * STEP * MINUTE)
        assert due == (expected[share - 1] + STEP) * MINUTE


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TURNS), st.integers(-5 * DAY, 5 * DAY), st.integers(1, 6))
def test_notice_on_the_day_counted_back_is_counted_forward_again(
    turn: tuple[str, str], moved: int, n: int
) -> None:
    zone, day = turn
    weekly = Calendar("weekly", zone, parse_hours("Mon-Fri 09:00-17:00"))
    start = at(day) + moved
    notice = latest_notice(weekly, start, n)
    assert notice < start
    told, begins = local(notice, zone).date(), local(start, zone).date()
    between = [told + timedelta(days=k) for k in range(1, (begins - told).days)]
    assert sum(each.weekday() < 5 for each in (told, *between)) == n
    assert told.weekday() < 5
