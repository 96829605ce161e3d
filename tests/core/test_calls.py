"""What a job's calls say of it, what our absences leave open, and that these never charge a job on time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calls import EARLY, Away, Call, Heard, Schedule, standing
from monitor.core.checks import Reason, State, state_of
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Span
from monitor.core.windows import next_firing

T = 1_790_000_000_000
HOURLY = Schedule(grace=5 * MINUTE, every=HOUR)
OK, MISSED, FAILED = Reason.OK, Reason.HEARTBEAT_MISSED, Reason.HEARTBEAT_FAILED


def heard(*calls: tuple[int, str], since: int = T) -> Heard:
    """What these calls leave; instants in ms since T."""
    found = Heard(since)
    for at, kind in calls:
        found = found.then(Call(1, T + at, kind))  # type: ignore[arg-type]
    return found


def away(start: int, end: int, reason: Reason = Reason.NOT_RUNNING) -> Away:
    return Away(Span(T + start, T + end), reason)


def says(known: Heard, at: int, *aways: Away, schedule: Schedule = HOURLY) -> Reason:
    return standing(schedule, known, aways, T + at).reason


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (0, OK),
        (HOUR, OK),
        (HOUR + 5 * MINUTE, OK),
        (HOUR + 5 * MINUTE + 1, MISSED),
        (40 * DAY, MISSED),
    ],
)
def test_a_job_is_up_until_its_period_and_grace_are_over(after, reason):
    assert says(heard((0, "success")), after) is reason


def test_the_standing_says_by_when_the_job_was_to_call():
    assert standing(HOURLY, heard((0, "success")), (), T + 2 * HOUR).due == T + HOUR + 5 * MINUTE


def test_a_job_that_calls_early_or_twice_does_no_harm():
    early = heard((0, "success"), (20 * MINUTE, "success"), (20 * MINUTE, "success"), (HOUR, "success"))
    assert says(early, HOUR + 1) is OK
    assert says(early, 2 * HOUR + 5 * MINUTE) is OK
    assert says(early, 2 * HOUR + 6 * MINUTE) is MISSED


def test_a_job_that_says_it_failed_is_down_until_it_ends_well():
    assert says(heard((0, "success"), (HOUR, "fail")), HOUR) is FAILED
    assert says(heard((0, "success"), (HOUR, "fail")), 30 * DAY) is FAILED
    assert says(heard((HOUR, "fail"), (HOUR + 1, "start")), HOUR + 2) is FAILED
    assert says(heard((HOUR, "fail"), (HOUR + 1, "success")), HOUR + 1) is OK


def test_a_job_that_began_must_end_within_the_grace():
    begun = heard((0, "success"), (50 * MINUTE, "start"))
    assert says(begun, 55 * MINUTE) is OK
    assert says(begun, 55 * MINUTE + 1) is MISSED
    assert says(begun.then(Call(1, T + 56 * MINUTE, "success")), 57 * MINUTE) is OK


def test_a_job_that_begins_again_and_again_and_never_ends_is_found_by_its_first_start():
    begun = heard((0, "success"), *((50 * MINUTE + n * SECOND, "start") for n in range(400)))
    assert says(begun, 55 * MINUTE + 1) is MISSED


def test_a_start_alone_does_not_put_off_the_end_that_is_due():
    assert says(heard((0, "success"), (HOUR + 4 * MINUTE, "start")), HOUR + 5 * MINUTE + 1) is MISSED


def test_before_the_first_call_a_whole_period_is_listened_for():
    assert says(heard(), 0) is Reason.NOT_RUNNING
    assert says(heard(), HOUR + 5 * MINUTE) is Reason.NOT_RUNNING
    assert says(heard(), HOUR + 5 * MINUTE + 1) is MISSED


def test_an_absence_when_the_job_was_due_makes_its_silence_prove_nothing_for_one_period():
    known, gone = heard((0, "success")), away(59 * MINUTE, 61 * MINUTE)
    assert says(known, 64 * MINUTE, gone) is OK
    assert says(known, 66 * MINUTE, gone) is Reason.NOT_RUNNING
    assert says(known, 61 * MINUTE + HOUR + 5 * MINUTE, gone) is Reason.NOT_RUNNING
    assert says(known, 61 * MINUTE + HOUR + 5 * MINUTE + 1, gone) is MISSED


def test_an_absence_at_another_time_excuses_nothing():
    assert says(heard((0, "success")), HOUR + 6 * MINUTE, away(20 * MINUTE, 30 * MINUTE)) is MISSED


def test_a_restart_every_night_does_not_hide_a_daily_job_that_is_dead():
    daily = Schedule(grace=HOUR, every=DAY)
    nights = [away(day * DAY + 10 * HOUR, day * DAY + 10 * HOUR + MINUTE) for day in range(30)]
    known = heard((0, "success"))
    assert {says(known, hour * HOUR, *nights, schedule=daily) for hour in range(26, 30 * 24)} == {MISSED}


def test_a_miss_becomes_doubtful_where_the_job_may_have_recovered_while_we_were_away():
    known, gone = heard((0, "success")), away(2 * HOUR, 3 * HOUR, Reason.MONITOR_PAUSED)
    assert says(known, 2 * HOUR - 1) is MISSED
    assert says(known, 3 * HOUR, gone) is Reason.MONITOR_PAUSED
    assert says(known, 4 * HOUR + 5 * MINUTE + 1, gone) is MISSED


def test_a_failure_becomes_doubtful_in_the_same_way():
    known, gone = heard((0, "fail")), away(2 * HOUR, 3 * HOUR)
    assert says(known, 3 * HOUR, gone) is Reason.NOT_RUNNING
    assert says(known, 4 * HOUR + 5 * MINUTE + 1, gone) is MISSED
    assert says(known, 90 * MINUTE, away(80 * MINUTE, 81 * MINUTE)) is FAILED


def test_the_end_of_a_job_that_began_may_have_been_lost():
    known, gone = heard((0, "success"), (10 * MINUTE, "start")), away(11 * MINUTE, 12 * MINUTE)
    assert says(known, 15 * MINUTE + 1, gone) is Reason.NOT_RUNNING
    assert says(known.then(Call(1, T + HOUR, "start")), 65 * MINUTE + 1, gone) is MISSED


def test_a_moment_at_which_a_call_was_turned_away_counts_as_an_absence():
    moment = away(HOUR, HOUR, Reason.OWN_RESOURCE)
    assert says(heard((0, "success")), HOUR + 6 * MINUTE, moment) is Reason.OWN_RESOURCE


def test_a_call_in_the_future_of_a_clock_that_was_set_back_is_taken_as_of_now():
    known = heard((2 * HOUR, "success"), (3 * HOUR, "start"), since=T + HOUR).upto(T)
    assert known == Heard(T, Call(1, T, "success"), T, T)
    assert known.upto(T + 1) == known


NIGHTLY = Schedule(grace=30 * MINUTE, cron="0 2 * * *", zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2026-06-10T00:00:04", "2026-06-11T00:30:00"),
        ("2026-06-09T23:59:58", "2026-06-11T00:30:00"),  # its clock is two seconds ahead
        ("2026-06-09T22:00:00", "2026-06-10T00:30:00"),  # by hand, before its time
        ("2026-12-10T01:00:04", "2026-12-11T01:30:00"),
        ("2026-03-28T01:00:04", "2026-03-29T01:30:00"),  # 02:00 is skipped that night
        ("2026-10-24T00:00:04", "2026-10-25T00:30:00"),  # 02:00 comes twice: the first time counts
    ],
)
def test_a_cron_line_is_read_in_its_zone(last, due):
    known = Heard(T, Call(1, at(last), "success"))
    assert standing(NIGHTLY, known, (), at(last)).due == at(due)


def test_a_restart_in_the_afternoon_hides_no_dead_nightly_job():
    known = Heard(T, Call(1, at("2026-06-10T00:00:04"), "success"))
    restarts = [
        Away(Span(at(f"2026-06-{day}T13:00:00"), at(f"2026-06-{day}T13:05:00")), Reason.NOT_RUNNING)
        for day in range(10, 20)
    ]
    later = at("2026-06-20T23:00:00")
    assert standing(NIGHTLY, known, restarts, later).reason is MISSED
    assert standing(NIGHTLY, known, restarts[:1], at("2026-06-11T00:31:00")).reason is MISSED


def test_a_cron_job_whose_time_we_missed_is_judged_by_its_next_one():
    known = Heard(T, Call(1, at("2026-06-10T00:00:04"), "success"))
    gone = [Away(Span(at("2026-06-10T23:00:00"), at("2026-06-11T00:10:00")), Reason.NOT_RUNNING)]
    assert standing(NIGHTLY, known, gone, at("2026-06-12T00:29:00")).reason is Reason.NOT_RUNNING
    assert standing(NIGHTLY, known, gone, at("2026-06-12T00:31:00")).reason is MISSED


@pytest.mark.parametrize("wrong", [{}, {"every": 1, "cron": "* * * * *"}, {"every": 0}, {"every": -5}])
def test_a_schedule_is_one_of_two(wrong):
    with pytest.raises(ValueError, match=r"a job calls|a period is"):
        Schedule(grace=0, **wrong)


@dataclass(frozen=True)
class Life:
    """A job, when it called, and when we were away."""

    schedule: Schedule
    calls: list[int]
    aways: list[Away]

    def standing_at(self, now: int):
        """With every call that came by then while we listened."""
        known = Heard(T)
        for call in self.calls:
            lost = any(a.span.start <= call <= a.span.end for a in self.aways)
            if call <= now and not lost:
                known = known.then(Call(1, call, "success"))
        seen = [
            Away(Span(a.span.start, min(a.span.end, now)), a.reason)
            for a in self.aways
            if a.span.start <= now
        ]
        return standing(self.schedule, known, seen, now).reason


@st.composite
def lives(draw) -> Life:
    """A healthy job: a period, give or take the grace, between two calls; or each time, plus the grace."""
    grace = draw(st.integers(0, 30)) * MINUTE
    calls: list[int] = []
    if draw(st.booleans()):
        schedule = Schedule(grace=grace, every=draw(st.integers(1, 120)) * MINUTE)
        when = T + draw(st.integers(0, schedule.every + grace))
        calls.append(when)
        for _ in range(11):
            when += max(1, schedule.every + draw(st.integers(-grace, grace)))
            calls.append(when)
    else:
        line = draw(st.sampled_from(["*/5 * * * *", "0 * * * *", "30 */4 * * *", "0 2 * * *"]))
        schedule = Schedule(grace=grace, cron=line, zone="Europe/Berlin")
        when = T
        for _ in range(12):
            when = next_firing(line, "Europe/Berlin", when)
            calls.append(when + draw(st.integers(-EARLY, grace)))
        calls.sort()
    edges = sorted(draw(st.lists(st.integers(T, calls[-1]), max_size=8)))
    aways = [Away(Span(a, b), Reason.NOT_RUNNING) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return Life(schedule, calls, aways)


@settings(max_examples=400, deadline=None)
@given(life=lives(), shares=st.lists(st.integers(0, 1_000), min_size=1, max_size=20))
def test_a_job_on_time_is_never_down_whenever_we_were_away(life, shares):
    last = life.calls[-1]
    moments = [T + (last - T) * share // 1_000 for share in shares]
    moments += [a.span.end for a in life.aways] + [a.span.end + 1 for a in life.aways]
    assert {life.standing_at(now) for now in moments if now <= last} <= {OK, Reason.NOT_RUNNING}


@settings(max_examples=200, deadline=None)
@given(life=lives(), silence=st.integers(0, 5))
def test_a_job_that_dies_is_down_once_a_period_was_listened_for(life, silence):
    last = life.calls[-1]
    once = life.schedule.window(Span(last, last)).end
    assert state_of(life.standing_at(once + 1 + silence * HOUR)) is State.DOWN
