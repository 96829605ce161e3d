"""The book of calls: what it says of a job, and that nothing that happens to our own machine charges one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.calls import Away, Call
from monitor.core.checks import Check, Facts, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Span
from monitor.core.judge import judge
from monitor.listen import Book
from monitor.probes import PROBES, Network
from tests.listen.conftest import START, Desk, HandClock, job

OK, MISSED, NOT_RUNNING = Reason.OK, Reason.HEARTBEAT_MISSED, Reason.NOT_RUNNING


def calls(desk: Desk, kind: str = "success", lane: int = 1) -> None:
    desk.book.receive(Call(lane, desk.clock.now(), kind))  # type: ignore[arg-type]


def says(desk: Desk, key: str = "backup") -> Reason | None:
    found = desk.book.standing(key)
    return None if found is None else found.reason


def check(desk: Desk, reason: Reason, lane: int = 9) -> Check:
    state = State.UP if reason is OK else State.UNKNOWN
    return Check(lane, 1, 1, 0, desk.clock.now(), state, reason, 60_000)


def test_a_job_that_calls_is_up_and_one_that_stops_is_down_after_its_grace(desk):
    calls(desk)
    assert says(desk) is OK
    desk.passes(HOUR + 5 * MINUTE)
    assert says(desk) is OK
    desk.passes(SECOND)
    assert says(desk) is MISSED
    calls(desk)
    assert says(desk) is OK


def test_nothing_is_said_of_an_endpoint_that_nobody_listens_for(desk):
    assert says(desk, "another") is None
    assert Book(HandClock()).standing("backup") is None


def test_before_anybody_could_call_nothing_is_said():
    book = Book(HandClock())
    book.watch({"backup": job()}, {"backup": 1}, since={1: START})
    assert book.standing("backup") is None


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        (Reason.MONITOR_PAUSED, lambda clock: clock.passes(2 * HOUR)),
        (Reason.MONITOR_PAUSED, lambda clock: clock.sleeps(2 * HOUR)),
    ],
    ids=["a process that was stopped", "a machine that slept"],
)
def test_what_happens_to_our_machine_is_not_charged_and_is_over_after_a_period(desk, reason, event):
    calls(desk)
    desk.passes(HOUR // 2)
    event(desk.clock)
    assert says(desk) is reason
    assert {away.reason for away in desk.told} == {reason}
    desk.passes(HOUR + 5 * MINUTE)
    assert says(desk) is reason
    desk.passes(SECOND)
    assert says(desk) is MISSED


@pytest.mark.parametrize("by", [2 * HOUR, -2 * HOUR, 40 * MINUTE, -10 * MINUTE])
def test_a_call_is_as_long_ago_as_it_was_when_the_clock_is_set_and_what_counts_is_kept_anew(desk, by):
    calls(desk)
    desk.passes(HOUR // 2)
    calls(desk, "start")
    desk.clock.is_set(by)
    assert says(desk) is OK
    assert {away.reason for away in desk.told} == {Reason.CLOCK_SUSPECT}
    assert desk.retold == [
        Call(1, START + by, "success"),
        Call(1, START + HOUR // 2 + by, "start"),
    ]
    desk.passes(5 * MINUTE)
    assert says(desk) is OK
    desk.passes(SECOND)
    assert says(desk) is not OK


def test_a_clock_that_is_set_back_does_not_keep_a_dead_job_up(desk):
    calls(desk)
    desk.clock.is_set(-24 * HOUR)
    assert says(desk) is OK
    desk.passes(HOUR + 5 * MINUTE + SECOND)
    assert says(desk) is MISSED


def test_after_a_short_stall_the_calls_that_waited_are_read_before_anything_is_said(desk):
    calls(desk)
    desk.passes(HOUR + 5 * MINUTE - SECOND)
    desk.clock.passes(3 * SECOND)
    assert says(desk) is Reason.MONITOR_STALL
    assert desk.told == []
    desk.passes(2 * SECOND)
    assert says(desk) is MISSED


def test_a_job_that_was_down_stays_down_over_a_short_stall(desk):
    desk.passes(2 * HOUR + 30 * MINUTE)
    assert says(desk) is MISSED
    desk.clock.passes(20 * SECOND)
    assert says(desk) is Reason.MONITOR_STALL
    desk.passes(2 * SECOND)
    assert says(desk) is MISSED


def test_while_our_own_network_is_gone_no_call_can_come(desk):
    calls(desk)
    desk.passes(HOUR)
    desk.book.learn([check(desk, OK)])
    desk.passes(MINUTE)
    desk.book.learn([check(desk, Reason.OWN_NETWORK)])
    desk.passes(4 * MINUTE + SECOND)
    assert says(desk) is Reason.OWN_NETWORK
    desk.book.learn([check(desk, OK)])
    assert says(desk) is Reason.OWN_NETWORK
    desk.passes(HOUR + 5 * MINUTE)
    assert says(desk) is Reason.OWN_NETWORK
    desk.passes(SECOND)
    assert says(desk) is MISSED


def test_what_is_found_of_the_jobs_themselves_says_nothing_of_the_network(desk):
    desk.book.learn([check(desk, Reason.OWN_NETWORK, lane=1)])
    assert desk.told == []


def test_a_call_that_we_turned_away_is_not_missed(desk):
    calls(desk)
    desk.passes(HOUR)
    for _ in range(100):
        desk.book.lost(Reason.OWN_RESOURCE)
    desk.passes(6 * MINUTE)
    assert says(desk) is Reason.OWN_RESOURCE
    assert len(desk.told) == 1


def test_an_absence_that_goes_on_is_told_once_a_second_and_ahead_of_it(desk):
    begun = desk.clock.now()
    for _ in range(40):
        desk.clock.passes(100)
        desk.book.lost(Reason.OWN_RESOURCE)
    assert 3 <= len(desk.told) <= 5
    assert desk.told[-1].span.start == begun + 100
    assert desk.told[-1].span.end >= desk.clock.now()


def test_a_restart_remembers_the_calls_and_the_absences(desk):
    last = START + 10 * MINUTE
    gone = Away(Span(START + 30 * MINUTE, START + 40 * MINUTE), NOT_RUNNING)
    desk.clock.passes(40 * MINUTE)
    book = Book(desk.clock)
    book.remember([gone])
    book.watch({"backup": job()}, {"backup": 1}, since={1: START}, kept=[Call(1, last, "success")])
    book.open()
    assert book.standing("backup").due == last + HOUR + 5 * MINUTE
    desk.clock.passes(20 * MINUTE)
    book.look()
    assert book.standing("backup").reason is OK


def test_a_restart_at_the_time_of_a_call_leaves_it_open_whether_one_came(desk):
    desk.clock.passes(66 * MINUTE)
    book = Book(desk.clock)
    book.remember([Away(Span(START + 59 * MINUTE, START + 62 * MINUTE), NOT_RUNNING)])
    book.watch({"backup": job()}, {"backup": 1}, since={1: START}, kept=[Call(1, START, "success")])
    book.open()
    assert book.standing("backup").reason is NOT_RUNNING


def test_a_reload_keeps_what_was_heard_and_takes_the_new_schedule(desk):
    calls(desk)
    desk.passes(10 * MINUTE)
    desk.watch(job(every=2 * HOUR), job("invoices"))
    assert desk.book.jobs == ["backup", "invoices"]
    assert desk.book.standing("backup").due == START + 2 * HOUR + 5 * MINUTE
    assert says(desk, "invoices") is NOT_RUNNING
    desk.watch(job("invoices"))
    assert says(desk) is None


def test_a_call_of_a_job_that_is_gone_changes_nothing(desk):
    calls(desk, lane=77)
    assert says(desk) is NOT_RUNNING


def test_absences_stay_bounded_and_none_is_forgotten(desk):
    calls(desk)
    many = [Away(Span(START + n, START + n), Reason.OWN_RESOURCE) for n in range(0, 5_000 * 10, 10)]
    desk.passes(HOUR + 6 * MINUTE)
    assert says(desk) is MISSED
    desk.book.remember([Away(Span(START + HOUR, START + HOUR), Reason.OWN_RESOURCE), *many])
    assert says(desk) is Reason.OWN_RESOURCE


@pytest.mark.parametrize(
    ("kind", "reason", "detail"),
    [
        ("success", OK, ""),
        ("fail", Reason.HEARTBEAT_FAILED, "the job called and said that it failed"),
        ("start", MISSED, "the job did not say by 2026-09-21 14:18:20 UTC that it ended well"),
    ],
)
async def test_the_probe_reports_what_the_book_says_and_the_judge_agrees(desk, kind, reason, detail):
    calls(desk, kind)
    desk.passes(6 * MINUTE)
    facts = await PROBES["heartbeat"](job(), Network(calls=desk.book))
    assert (judge(facts, job().expectation), facts.detail) == (reason, detail)
    assert facts.latency is None


async def test_without_a_listener_a_heartbeat_is_unknown():
    facts = await PROBES["heartbeat"](replace(job(), id="x"), Network())
    assert facts == Facts(
        error=NOT_RUNNING,
        detail="nobody listens: jobs are heard by `makegood run` with [listen] heartbeats",
    )
