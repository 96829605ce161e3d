"""The times and their means, against a walk over single minutes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.intervals import MINUTE
from monitor.core.numbers import Bound
from monitor.errors import ConfigError
from monitor.operations import entries
from monitor.operations.figures import figures, mean, response
from monitor.operations.grading import Stakes, graded
from monitor.operations.incident import Incident
from monitor.operations.rules import Condition, IncidentRules, MoneyBound, Severity
from tests.operations.conftest import Team, at, outage

ZERO = at("00:00")
JOINED = 15


def played(gaps: list[tuple[int, int]], acts: list[tuple[int, str]]) -> tuple[Incident, ...]:
    """A day of outages (minutes of pause, minutes down), and what people did, each at its minute, if it was
    possible."""
    team, here = Team(), 0
    for pause, length in gaps:
        start = here + pause
        here = start + length
        team.outages.append(outage(ZERO + start * MINUTE, ZERO + here * MINUTE))
    for minute, act in sorted(acts):
        now = ZERO + minute * MINUTE
        seen = [each for each in team.outages if each.first_bad <= now]
        for known in _told(team, seen, now):
            _try(team, known, act, now)
    return team.incidents()


def _told(team: Team, seen, now):
    """The newest incident as it was known then."""
    whole = team.outages
    team.outages = [
        each if each.span.end <= now else outage(each.span.start, max(now, each.span.start + 1), goes_on=True)
        for each in seen
    ]
    found = team.incidents(now)
    team.outages = whole
    return found[-1:]


def _try(team: Team, known: Incident, act: str, now: int) -> None:
    kinds = {
        "ack": lambda: entries.acknowledged(known, now, "max", now),
        "resolve": lambda: entries.resolved(known, now, "max", now),
        "reopen": lambda: entries.reopened(known, now, "max", now, "it is back"),
    }
    with suppress(ConfigError):  # not possible then
        team.record(kinds[act]())


gaps = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=8)
acts = st.lists(st.tuples(st.integers(0, 640), st.sampled_from(["ack", "resolve", "reopen"])), max_size=10)


@given(gaps, acts)
def test_each_time_is_what_a_walk_over_minutes_counts(told, done):
    for incident in played(told, done):
        found = figures(incident)
        began = (incident.began.at - ZERO) // MINUTE
        down = sum(
            any(minute * MINUTE + ZERO in span for each in incident.outages for span in each.down)
            for minute in range(24 * 60)
        )
        assert found.downtime == down * MINUTE
        assert found.to_detect == MINUTE
        assert (found.to_resolve is None) == (incident.state in ("open", "acknowledged", "mitigated"))
        if found.to_resolve is not None:
            assert found.to_resolve == _minutes_open(incident, began) * MINUTE
        if found.to_acknowledge is not None:
            assert found.to_acknowledge == _minutes_waited(incident) * MINUTE
        if incident.resolved is not None and not incident.resolved.author:
            assert incident.resolved.at == max(each.span.end for each in incident.outages)


def _minutes_waited(incident: Incident) -> int:
    """From minute to minute: nobody has it in hand from the detection on, and anew where it is reopened."""
    marks = {(step.moment.at - ZERO) // MINUTE: step.what for step in incident.steps
             if step.what in ("acknowledged", "reopened")}  # fmt: skip
    waited = 0
    in_hand = False
    for minute in range((incident.detected.at - ZERO) // MINUTE, 24 * 60):
        if marks.get(minute) == "reopened":
            waited, in_hand = 0, False
        in_hand = in_hand or marks.get(minute) == "acknowledged"
        waited += not in_hand
    return waited


def _minutes_open(incident: Incident, began: int) -> int:
    """From minute to minute: open until a resolution, and again from a reopening on."""
    turns = {}
    for step in incident.steps:
        if step.what in ("resolved", "reopened"):
            turns.setdefault((step.moment.at - ZERO) // MINUTE, []).append(step.what)
    is_open, count = True, 0
    for minute in range(began, 24 * 60):
        for what in turns.get(minute, ()):
            is_open = what == "reopened"
        count += is_open
    return count


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**12)), max_size=20))
def test_a_mean_is_the_sum_by_the_count_exactly(values):
    known = [each for each in values if each is not None]
    found = mean(values)

    assert found.count == len(known)
    assert (found.value is None) == (not known)
    if found.value is not None:
        assert found.value * found.count == sum(known)


@given(gaps, acts, st.integers(0, 5))
def test_the_means_of_a_set_are_those_of_what_was_no_false_alarm(told, done, wrong):
    whole = [replace(each, declared_false=place < wrong) for place, each in enumerate(played(told, done))]
    real = [each for each in whole if not each.declared_false]
    found = response(whole)

    assert (found.count, found.false_alarms) == (len(whole), len(whole) - len(real))
    for name in ("to_detect", "to_acknowledge", "to_mitigate", "to_resolve"):
        got = {"to_detect": found.mttd, "to_acknowledge": found.mtta, "to_mitigate": found.mttm}.get(
            name, found.mttr
        )
        known = [ms for each in real if (ms := getattr(figures(each), name)) is not None]
        assert got.count == len(known)
        assert got.value == (Fraction(sum(known), len(known)) if known else None)
    assert found.downtime == sum(o.span.length for each in real for o in each.outages)


EUR_500 = MoneyBound(Bound(">=", Fraction(500)), "EUR")
RULES = IncidentRules(
    severities=(
        Severity("money", (Condition(money=EUR_500),), postmortem=60 * MINUTE),
        Severity("many", (Condition(customers=Bound(">=", Fraction(3)), lasting=Bound(">", Fraction(0))),)),
        Severity(
            "long", (Condition(services=("bank",)), Condition(lasting=Bound(">", Fraction(4 * MINUTE))))
        ),
        Severity("rest"),
    )
)


def severity(costs=(), customers=0, minutes=3) -> Incident:
    (incident,) = played([(60, minutes)], [])
    stakes = Stakes(lambda service, when: customers, lambda _, money: money.holds(dict(costs)))
    return graded(incident, RULES, stakes, at("23:00"))


def test_the_first_severity_of_which_a_condition_holds_is_the_incidents():
    assert severity([("EUR", Fraction(500))], customers=9, minutes=30).severity == "money"
    assert severity([("EUR", Fraction(49_999, 100)), ("USD", Fraction(900))]).severity == "rest"
    assert severity(customers=3).severity == "many"
    assert severity(customers=2, minutes=4).severity == "rest"
    assert severity(customers=2, minutes=5).severity == "long"


def test_a_severity_asks_for_a_postmortem_within_its_time_and_then_it_is_overdue():
    found = severity([("EUR", Fraction(500))])
    due = found.resolved.at + 60 * MINUTE

    assert (found.postmortem.required, found.postmortem.due) == (True, due)
    assert [found.postmortem.overdue(now) for now in (due - 1, due)] == [False, True]
    assert not severity().postmortem.required


def test_what_it_costs_is_asked_for_only_where_nothing_cheaper_decides():
    asked = []
    rules = IncidentRules(
        severities=(
            Severity("short", (Condition(lasting=Bound(">=", Fraction(1)), money=EUR_500),)),
            Severity("rest"),
        )
    )
    (incident,) = played([(60, 1)], [])
    nothing_down = replace(incident, outages=(), declared_false=True)

    graded(nothing_down, rules, Stakes(lambda *_: 0, lambda *each: asked.append(each) or True), at("23:00"))

    assert asked == []
