"""Incidents of a plan and its evidence: however little of the past is asked for, each is found whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.config.plan import Agreement
from monitor.core.checks import Lane, Reason
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms, Span
from monitor.core.numbers import Bound
from monitor.core.windows import OneOff
from monitor.errors import ConfigError
from monitor.oncall.incidents import Watch
from monitor.operations import entries
from monitor.operations.rules import Condition, IncidentRules, MoneyBound, Severity
from monitor.statements import maintenance
from monitor.statements.books import Books
from monitor.statements.periods import running
from monitor.statements.sections import section
from tests.statements.conftest import LIFE, ListSnapshot, agreement, at, plan, timeline

NOW = at("2026-11-15 12:00")
BERLIN = "Europe/Berlin"


def acme() -> Agreement:
    return agreement("acme-checkout", "acme", BERLIN, "1200.00", "EUR", date(2026, 1, 1))


def muster() -> Agreement:
    return agreement("muster-checkout", "muster", "America/New_York", "4800.00", "USD", date(2026, 9, 1))


def evidence(*down: tuple[str, str]) -> ListSnapshot:
    """Checkout's endpoint, down from one Berlin clock time to another."""
    lanes = [Lane(1, "web", "local", (LIFE,)), Lane(2, "api", "local", (LIFE,))]
    told = [(start, end, Reason.TIMEOUT) for start, end in down]
    return ListSnapshot(lanes, {1: timeline(*told), 2: timeline()}, reached=NOW)


def watch(snapshot: ListSnapshot, now: Ms = NOW, *agreements: Agreement, **rules: object) -> Watch:
    own = replace(plan(*agreements), incidents=IncidentRules(**rules))
    return Watch(own, snapshot, now)


def since(text: str) -> Span:
    return Span(at(text), NOW)


def test_one_that_lasts_longer_than_anybody_looks_back_keeps_its_name():
    found = watch(evidence(("2026-06-01 12:00", "2026-11-14 12:00"))).incidents(since("2026-11-10 00:00"))

    assert [each.name for each in found] == ["checkout/20260601T100000Z"]


def test_the_name_of_one_that_went_into_a_longer_one_leads_to_that():
    """At first two outages were seen, and late evidence shows that it was down between them."""
    early = watch(
        evidence(("2026-11-14 12:00", "2026-11-14 12:10"), ("2026-11-14 12:40", "2026-11-14 12:50"))
    )
    late = watch(evidence(("2026-11-14 12:00", "2026-11-14 12:50")))
    first, second = (each.name for each in early.incidents(since("2026-11-10 00:00")))

    assert early.find(second).name == second != first
    late.snapshot.failed[1] = [at("2026-11-14 12:40")]
    assert late.find(second).name == first
    with pytest.raises(ConfigError, match="there is no incident"):
        late.find("checkout/20261114T120500Z")


def test_what_was_opened_by_hand_long_ago_and_never_resolved_still_goes_on():
    snapshot = evidence()
    began = at("2026-05-01 12:00")
    snapshot.record(entries.opened("checkout", began, began, "Slow", "max", began))
    here = watch(snapshot)

    (found,) = here.incidents(since("2026-11-10 00:00"))
    snapshot.record(entries.resolved(found, began + HOUR, "max", began + HOUR))

    assert (found.state, found.title) == ("open", "Slow")
    assert watch(snapshot).incidents(since("2026-11-10 00:00")) == ()


def test_where_people_resolve_what_nobody_did_goes_on_however_old():
    snapshot = evidence(("2026-02-01 12:00", "2026-02-01 12:10"))

    (found,) = watch(snapshot, resolved="by hand").incidents(since("2026-11-10 00:00"))

    assert (found.state, watch(snapshot).incidents(since("2026-11-10 00:00"))) == ("mitigated", ())


def test_what_was_recorded_of_an_old_one_never_makes_it_look_withdrawn():
    snapshot = evidence(("2026-02-01 12:00", "2026-02-01 12:10"))
    (old,) = watch(snapshot).incidents(since("2026-01-10 00:00"))
    snapshot.record(entries.acknowledged(old, old.began.at, "max", old.began.at))
    assert watch(snapshot).incidents(since("2026-11-10 00:00")) == ()

    snapshot.record(entries.noted(old, "looked into at last", "max", NOW))
    here = watch(snapshot)

    assert [each.state for each in here.incidents(since("2026-01-10 00:00"))] == ["resolved"]
    assert here.find(old.name).state == "resolved"


def test_an_old_one_that_somebody_reopens_today_goes_on_today():
    snapshot = evidence(("2026-02-01 12:00", "2026-02-01 12:10"))
    (old,) = watch(snapshot).incidents(since("2026-01-10 00:00"))
    snapshot.record(entries.reopened(old, NOW - HOUR, "max", NOW - HOUR, "it is back"))
    snapshot.record(entries.resolved(watch(snapshot).find(old.name), NOW, "max", NOW))

    (found,) = watch(snapshot).incidents(since("2026-11-10 00:00"))

    assert (found.name, found.state, len(found.outages)) == (old.name, "resolved", 1)


close, far = st.integers(1, 150), st.integers(1, 3 * 24 * 60)
stretches = st.lists(
    st.tuples(st.one_of(close, close, far), st.integers(1, 3 * 24 * 60)), min_size=1, max_size=12
)


def laid(told: Iterable[tuple[int, int]]) -> ListSnapshot:
    """Pauses and outages in minutes, from September on."""
    here, down = at("2026-09-01 00:00"), []
    for pause, length in told:
        start = here + pause * MINUTE
        here = start + length * MINUTE
        down.append((start, here))
    return evidence(*((_clock(start), _clock(end)) for start, end in down if end < NOW))


def _clock(when: Ms) -> str:
    from monitor.core.periods import local

    return f"{local(when, BERLIN):%Y-%m-%d %H:%M}"


@settings(max_examples=60, deadline=None)
@example([(30, 2 * 24 * 60)] * 10, 15, 1)
@given(stretches, st.integers(0, 60), st.integers(1, 40))
def test_looking_at_any_part_of_the_past_finds_the_same_as_looking_at_all_of_it(told, first, days):
    here = watch(laid(told), joined=2 * HOUR)
    whole = here.incidents(since("2026-08-01 00:00"))
    part = Span(at("2026-09-01 00:00") + first * DAY, at("2026-09-01 00:00") + (first + days) * DAY)
    part = Span(min(part.start, NOW), min(part.end, NOW))

    assert here.incidents(part) == tuple(
        each for each in whole if each.began.at < part.end and each.last >= part.start
    )
    for each in whole:
        assert here.find(each.name) == each
        assert all(here.find(f"checkout/{outage.id}") == each for outage in each.outages)


def test_down_in_maintenance_that_was_recorded_before_opens_none_and_recorded_later_it_does():
    snapshot = evidence(("2026-10-06 02:10", "2026-10-06 02:40"))
    rule = OneOff(Span(at("2026-10-06 02:00"), at("2026-10-06 03:00")))

    later = maintenance.declared("mw-1", "Works", ["checkout"], rule, "max", at("2026-10-06 02:20"))
    snapshot.record(later)
    assert len(watch(snapshot).incidents(since("2026-10-01 00:00"))) == 1

    before = maintenance.declared("mw-2", "Works", ["checkout"], rule, "max", at("2026-10-01 02:20"))
    snapshot.record(before)
    assert watch(snapshot).incidents(since("2026-10-01 00:00")) == ()


def test_customers_are_those_whose_agreement_is_in_force():
    snapshot = evidence(("2026-08-06 12:00", "2026-08-06 12:10"), ("2026-10-06 12:00", "2026-10-06 12:10"))
    here = watch(snapshot, NOW, acme(), muster())

    found = here.incidents(since("2026-08-01 00:00"))

    assert [here.served(each) for each in found] == [("acme",), ("acme", "muster")]


def credit(snapshot: ListSnapshot, own: Agreement, when: Ms, now: Ms) -> Fraction:
    """What the period owes even if nothing more fails, by a settlement of its own."""
    books = Books(plan(own), snapshot, now)
    _, period = running(own, when)
    said = section(books, own, period, running=now < period.span.end)
    owed = said.owed_already if now < period.span.end else said.credit
    return owed.exact if owed is not None else Fraction(0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 27), st.sampled_from([5, 30, 44, 200, 500])), min_size=1, max_size=4),
    st.sampled_from([acme, muster]),
    st.sampled_from(["2026-10-29 08:00", "2026-11-15 12:00"]),
)
def test_what_one_costs_is_what_the_month_owes_less_what_it_would_owe_without_it(told, party, now):
    """Against evidence in which the outage never was."""
    starts = dict(told)
    down = {
        day: (f"{date(2026, 10, 1) + timedelta(days=day)} 12:00", minutes) for day, minutes in starts.items()
    }
    spans = {day: (start, _clock(at(start) + minutes * MINUTE)) for day, (start, minutes) in down.items()}
    ordered, own, then = sorted(spans), party(), at(now)
    snapshot = evidence(*(spans[day] for day in ordered))
    here = watch(snapshot, then, own)

    for incident, day in zip(here.incidents(Span(at("2026-09-20 00:00"), then)), ordered, strict=True):
        without = evidence(*(spans[each] for each in ordered if each != day))
        when = incident.began.at
        expected = credit(snapshot, own, when, then) - credit(without, own, when, then)
        assert here.costs(incident).get(own.currency, Fraction(0)) == expected


def test_money_makes_it_severe_exactly_from_the_amount_on():
    snapshot = evidence(("2026-10-06 12:00", "2026-10-06 14:00"))
    for least, severity in (("120", "dear"), ("120.01", "rest")):
        money = MoneyBound(Bound(">=", Fraction(least)), "EUR")
        rules = (Severity("dear", (Condition(money=money),)), Severity("rest"))
        (found,) = watch(snapshot, NOW, acme(), severities=rules).incidents(since("2026-10-01 00:00"))
        assert found.severity == severity


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("checkout/20261006T100001Z", r"near it: checkout/20261006T100000Z"),
        ("checkout/20260106T100001Z", r"none within a week of it"),
        ("chekout/20261006T100000Z", r'there is no service "chekout"; did you mean "checkout"\?'),
        ("checkout/today", r"names no incident: write it as"),
    ],
)
def test_a_name_that_is_none_is_told_what_is_near(name, why):
    with pytest.raises(ConfigError, match=why):
        watch(evidence(("2026-10-06 12:00", "2026-10-06 14:00"))).find(name)
