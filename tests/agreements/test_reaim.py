"""An SLA aimed at another level pays what it paid, at as many times the downtime that it allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.agreements.build import contract
from monitor.agreements.evaluate import evaluate
from monitor.agreements.pipeline import Case
from monitor.agreements.reaim import aimed, stated, unseen_as, why_not
from monitor.agreements.schedule import Each, GreatestOf, Node, SumOf
from monitor.agreements.terms import (
    Cap,
    CommitmentTerms,
    ContractTerms,
    ExcludeTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    Termination,
    Terms,
)
from monitor.core.checks import State
from monitor.core.numbers import Bound
from tests.agreements.ordinary import StandardTerms
from tests.agreements.settled import credit, rows

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
LENGTH = 1_000_000
ANY = StandardTerms(Bound(">=", Fraction(1, 2)), ())
"""Terms that are put aside again."""


def sla(credits: Node, commitment: str = "99.9", sign: str = ">=") -> ContractTerms:
    promised = CommitmentTerms(Bound(sign, Fraction(commitment) / 100))  # type: ignore[arg-type]
    return ContractTerms((("", Terms(promised, credits)),))


ORDINARY = rows({"< 99.9%": "10%", "< 99.0%": "25%"})
SCHEDULES = {
    "open rows": ORDINARY,
    "rows with two sides": rows({"< 99.9%, >= 99.5%": "10%", "< 99.5%, >= 95%": "25%", "< 95%": "100%"}),
    "rows on the edge": rows({"<= 99.9%": "5%", "<= 99.8%": "20%"}),
    "rows that overlap": rows(
        {"< 99.9%, > 98%": "10%", "< 99.5%, > 97%": "15%"}, overlap="first row", in_no_row="no credit"
    ),
    "downtime": rows({"> 1500ms": "10%", "> 4s": "30%"}, by="downtime", in_no_row="no credit"),
    "flat": credit("12%"),
    "sum of": SumOf((rows({"< 99.9%": "10%"}), rows({"< 99.5%": "5%"}, in_no_row="no credit"))),
    "below a share": Each("share", credit("2%"), Fraction(1), "or part", Fraction(999, 1000)),
}  # fmt: skip


def settled(seconds: Callable[..., Case], terms: ContractTerms, down: int) -> tuple[bool | None, Fraction]:
    """Whether the promise is met, and the credit, of one outage in 1,000 s at 1,000 EUR."""
    case = seconds([(UP, 200), (DOWN, down), (UP, LENGTH - 200 - down)], ANY, length=LENGTH)
    found = evaluate(replace(case, contract=contract(terms)))
    assert found.credit is not None
    return found.reading.met, found.credit.exact


@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.sampled_from([Fraction(n) for n in ("1/10", "1/2", "1", "2", "5", "10")]),
    st.integers(0, 12_000).map(lambda n: n * 10),
)
def test_at_so_many_times_the_allowance_it_pays_the_same(seconds, name, scale, down):
    """99.9 % of 1,000 s is 1 s; at twice the allowance, 99.8 %, an outage twice as long is paid alike."""
    if down * scale > LENGTH - 200:
        return
    terms = sla(SCHEDULES[name])
    moved = aimed(terms, 1 - scale * Fraction(1, 1000))

    assert settled(seconds, moved, int(down * scale)) == settled(seconds, terms, down)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_aimed_at_what_it_promises_it_is_itself(name):
    terms = sla(SCHEDULES[name])
    found, was = aimed(terms, Fraction(999, 1000)).promises[0][1], terms.promises[0][1]

    assert found.commitment == was.commitment
    assert found.credits.phrase() == was.credits.phrase()


def test_the_rows_say_where_they_stand():
    """99.9 and 99.0 are one and ten times the allowance; so are 99.95 and 99.5."""
    moved = aimed(sla(ORDINARY), Fraction("0.9995"))

    assert moved.promises[0][1].credits.phrase() == "10 % below 99.95 %, 25 % below 99.5 %"
    assert [row.text for row in moved.promises[0][1].credits.rows] == ["< 99.95%", "< 99.5%"]


def test_everything_else_stays():
    terms = sla(ORDINARY)
    own = replace(terms, termination=(Termination(2, 3, "missed", "2 of 3 periods missed"),))
    moved = aimed(own, Fraction("0.99"))

    ((_, before),), ((_, after),) = terms.promises, moved.promises
    assert replace(after, commitment=before.commitment, credits=before.credits) == before
    assert moved.termination == ()


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (
            replace(sla(ORDINARY), promises=(*sla(ORDINARY).promises, *sla(ORDINARY).promises)),
            "several promises",
        ),
        (sla(ORDINARY, "100"), "what it allows cannot be multiplied"),
        (sla(ORDINARY, "99.9", "="), "what it allows cannot be multiplied"),
        (replace(sla(ORDINARY), together="points"), "it counts points"),
        (ContractTerms((("", Terms(CommitmentTerms(None), ORDINARY)),)), "it promises no availability"),
        (
            ContractTerms((("", Terms(CommitmentTerms(Bound("<=", Fraction(9)), "downtime"), ORDINARY)),)),
            "it promises no availability",
        ),
    ],
)
def test_what_cannot_be_aimed_says_why(terms, why):
    assert why in why_not(terms)
    with pytest.raises(ValueError, match=why):
        aimed(terms, Fraction("0.99"))


def test_a_schedule_inside_others_is_aimed_too():
    nested = GreatestOf((Each("outage", rows({"< 99%": "5%"})), rows({"< 99.9%": "10%"})))
    moved = aimed(sla(nested), Fraction("0.998")).promises[0][1].credits

    assert moved.phrase() == "the greatest of for each outage, 5 % below 98 % or 10 % below 99.8 %"


@pytest.mark.parametrize(
    ("level", "phrase"),
    [("0.9995", "10 % below 99.95 %, 25 % below 99.5 %"), ("0.9", "10 % below 90 %")],
)
def test_the_schedule_that_is_stated_has_two_rows_where_there_is_room(level, phrase):
    assert stated(Fraction(level)).promises[0][1].credits.phrase() == phrase


def test_the_schedule_that_is_stated_leaves_the_rest_of_a_promise_as_it_is():
    """A promise of 100 % with its exclusions and caps; of several promises, or a metric, nothing is taken."""
    excluded = replace(
        sla(ORDINARY, "100").promises[0][1],
        exclude=(ExcludeTerms("scheduled maintenance", Notice(3_600_000)),),
        limits=LimitsTerms((Cap(Fraction(1, 4), "base", "period", "25% per period"),)),
    )
    whole = ContractTerms((("all", excluded),))
    ((name, found),) = stated(Fraction("0.999"), whole).promises

    assert (name, found.exclude, found.limits) == ("all", excluded.exclude, excluded.limits)
    assert found.commitment == CommitmentTerms(Bound(">=", Fraction("0.999")))
    assert found.credits.phrase() == "10 % below 99.9 %, 25 % below 99 %"
    several = replace(whole, promises=(*whole.promises, *whole.promises))
    metric = ContractTerms((("m", replace(excluded, measure=MeasureTerms("metrics", "mean"))),))
    for terms in (several, metric, replace(whole, together="points"), None):
        assert stated(Fraction("0.999"), terms) == stated(Fraction("0.999"))


@pytest.mark.parametrize(
    ("policy", "missed"), [("left out", True), ("up", True), ("down", True), ("up", False)]
)
def test_what_nobody_saw_counts_as_it_is_told(seconds, policy, missed):
    """200 s of 1,000 s unseen, which no agreement would settle: here it does, by either side alone."""
    down = 1_500 if missed else 900
    runs = [(UP, 200), (DOWN, down), (UNKNOWN, 200_000), (UP, LENGTH - 200_200 - down)]
    case = seconds(runs, ANY, length=LENGTH)
    found = evaluate(replace(case, contract=contract(unseen_as(sla(ORDINARY), policy)))).reading

    share = {"left out": (down, LENGTH - 200_000), "up": (down, LENGTH), "down": (down + 200_000, LENGTH)}
    assert found.figure == 1 - Fraction(*share[policy])
    assert found.met is not missed
