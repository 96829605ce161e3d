"""Several promises of one contract, and what they come to together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from monitor.agreements.evaluate import amount, limited, undecided
from monitor.agreements.evaluate import credit as credit_of
from monitor.agreements.limits import base_of_all, of_promise, of_whole
from monitor.agreements.pipeline import Case, Clause, Contract, Named, Priced, Reading
from monitor.agreements.schedule import Manual, Node, Rows, priced
from monitor.agreements.terms import (
    BaseTerms,
    Cap,
    CommitmentTerms,
    ContractTerms,
    LimitsTerms,
    RoundingTerms,
    Terms,
    Together,
)
from monitor.agreements.together import combine
from monitor.core.money import Money
from monitor.errors import NoRow
from tests.agreements.settled import case, credit, outage, reading, rows
from tests.agreements.test_schedule import each

BAD = reading(figure="99%")


def terms(node: Node, **said: object) -> Terms:
    return Terms(CommitmentTerms(None), node, **said)  # type: ignore[arg-type]


def contract_terms(
    how: Together, *promises: Terms, points: Rows | None = None, **whole: object
) -> ContractTerms:
    named = tuple((f"promise-{n}", each) for n, each in enumerate(promises))
    return ContractTerms(named, how, points, **whole)  # type: ignore[arg-type]


def promise(name: str, said: Terms, found: Reading, whole: ContractTerms, matter: Case) -> Named:
    schedule = priced(said.credits, base_of_all(whole).worth)
    limits = of_promise(said, whole.rounding)
    nothing: object = None
    clause = Clause(nothing, (), nothing, nothing, schedule, limits)  # type: ignore[arg-type]
    dues = schedule(found, matter)
    money = limited(limits, Priced(dues, readings=(found,)), matter)
    return Named(name, clause, (found,), (), dues, money, Money(Fraction(0), "USD"))


def together(whole: ContractTerms, *found: Reading, matter: Case) -> tuple[tuple[Named, ...], Priced]:
    pairs = zip(whole.promises, found, strict=True)
    named = tuple(promise(name, each, one, whole, matter) for (name, each), one in pairs)
    joined = combine(whole, base_of_all(whole))(named, matter)
    return named, limited(of_whole(whole), joined, matter)


def money(whole: ContractTerms, *found: Reading, matter: Case | None = None) -> Decimal:
    matter = matter or case()
    return amount(together(whole, *found, matter=matter)[1], matter).decimal


TWO = (terms(credit("12%")), terms(credit("9.5%")))


@pytest.mark.parametrize(("how", "expected"), [("sum", 215), ("highest", 120)])
def test_two_promises_missed(how: Together, expected: int) -> None:
    assert money(contract_terms(how, *TWO), BAD, BAD) == expected


def test_a_promise_that_is_kept_adds_nothing() -> None:
    assert money(contract_terms("sum", *TWO), BAD, reading(figure="100%")) == 120
    assert money(contract_terms("highest", *TWO), reading(figure="100%"), BAD) == 95


def test_two_indicators_are_rounded_each_where_the_promise_is_the_line() -> None:
    bill = case("8421.37 USD")
    ten = terms(credit("10%"))
    lines = contract_terms("sum", ten, ten, rounding=RoundingTerms(line="promise"))
    assert money(lines, BAD, BAD, matter=bill) == Decimal("1684.28")
    assert money(contract_terms("sum", ten, ten), BAD, BAD, matter=bill) == Decimal("1684.27")


def test_limits_of_the_whole_are_of_the_sum() -> None:
    twenty = LimitsTerms((Cap(Fraction(1, 5), "base", "period", "20% per period"),))
    whole = contract_terms("sum", *TWO, limits=twenty)
    _, found = together(whole, BAD, BAD, matter=case())
    assert sum(due.amount for due in found.dues) == 200
    assert (found.before, found.limited_by) == (215, "20% per period")


def test_a_promise_may_have_limits_of_its_own_below_those_of_the_whole() -> None:
    ten = LimitsTerms((Cap(Fraction(1, 10), "base", "period", "10% per period"),))
    whole = contract_terms("sum", terms(credit("12%"), limits=ten), TWO[1])
    assert money(whole, BAD, BAD) == 195


def test_the_highest_for_each_outage() -> None:
    """The first promise pays more for the long outage, the second for the short one."""
    by_length = rows({"<= 2h": "1%", "> 2h": "20%"}, by="downtime")
    whole = contract_terms(
        "highest per outage", terms(each("outage", by_length)), terms(each("outage", credit("5%")))
    )
    found = reading(outage("2025-04-02T10:00Z", "1h"), outage("2025-04-09T10:00Z", "3h"))
    assert money(whole, found, found) == 250


def test_the_lowest_commitment_alone_applies() -> None:
    """A premium disk and a plain one: 94 % misses what the plain one promises, and only that is priced."""
    whole = contract_terms("lowest commitment", terms(credit("25%")), terms(credit("10%")))
    premium, plain = reading(figure="94%", promise=">= 99.9%"), reading(figure="94%", promise=">= 95%")
    assert money(whole, premium, plain) == 100
    assert money(whole, premium, reading(figure="96%", promise=">= 95%")) == 0


POINTS = rows({"< 10": "0%", ">= 10": "2%", ">= 15": "4%", ">= 20": "6%", ">= 30": "10%"})
GIVEN = rows({"< 99.9%, >= 99.5%": "5 points", "< 99.5%, >= 99.0%": "15 points", "< 99.0%": "30 points"})


@pytest.mark.parametrize(
    ("figures", "expected"),
    [(["99.45%"], 100), (["99.6%"], 0), (["99.6%", "99.45%"], 150), (["98%", "98%"], 250), (["100%"], 0)],
)
def test_points_are_added_and_looked_up_for_a_share_of_the_next_bill(
    figures: list[str], expected: int
) -> None:
    given = terms(GIVEN, base=BaseTerms("next period"))
    whole = contract_terms("points", *(given for _ in figures), points=POINTS)
    found = [reading(figure=figure) for figure in figures]
    assert money(whole, *found, matter=case("2000 USD", others={"next period": "2500 USD"})) == expected


def test_points_of_an_only_promise_keep_its_limits() -> None:
    given = terms(GIVEN, limits=LimitsTerms((Cap(Fraction(1, 100), "base", "period", "1% per period"),)))
    assert money(contract_terms("points", given, points=POINTS), reading(figure="99.45%")) == 10


def test_a_promise_that_nobody_could_measure_leaves_the_sum_open() -> None:
    blind = replace(BAD, determinable=False, met=None)
    whole = contract_terms("sum", *TWO)
    named, found = together(whole, BAD, blind, matter=case())
    assert undecided(named, found) == "too little of the time was measured"
    contract = Contract(tuple((each.name, each.clause) for each in named), combine(whole, base_of_all(whole)))
    assert credit_of(replace(case(), contract=contract), named) is None


def test_under_the_lowest_commitment_only_that_one_must_be_measured() -> None:
    whole = contract_terms("lowest commitment", *TWO)
    blind = replace(reading(figure="94%"), determinable=False, met=None)
    named, found = together(whole, blind, reading(figure="94%", promise=">= 95%"), matter=case())
    assert undecided(named, found) == ""


def test_only_a_promise_that_counts_must_find_its_figure_in_a_row() -> None:
    """95 % is in no row of the premium disk; the plain one, which alone applies, pays 10 % below 96 %."""
    hole = NoRow("95% is in no row")
    premium, plain = reading(figure="95%", promise=">= 99.9%"), reading(figure="95%", promise=">= 96%")
    for how, counts in (
        ("lowest commitment", (False, True)),
        ("sum", (True, True)),
        ("highest", (True, True)),
    ):
        whole = contract_terms(how, terms(credit("25%")), terms(credit("10%")))  # type: ignore[arg-type]
        named, _ = together(whole, premium, plain, matter=case())
        for n, matters in enumerate(counts):
            holed = tuple(replace(each, refused=hole if n == m else None) for m, each in enumerate(named))
            rule = combine(whole, base_of_all(whole))
            if matters:
                with pytest.raises(NoRow):
                    rule(holed, case())
            else:
                assert sum(due.amount for due in rule(holed, case()).dues) == 100


def test_a_credit_that_a_person_enters_is_left_open_where_the_promise_was_missed() -> None:
    whole = contract_terms("sum", terms(Manual()), TWO[0])
    named, found = together(whole, BAD, BAD, matter=case())
    assert undecided(named, found) == "a person enters the credit"
    named, found = together(whole, reading(figure="100%"), BAD, matter=case())
    assert undecided(named, found) == ""


def test_every_way_reads_itself_aloud() -> None:
    ways: tuple[Together, ...] = ("sum", "highest", "highest per outage", "lowest commitment")
    said = [combine(contract_terms(how, *TWO), base_of_all(contract_terms(how, *TWO))).say() for how in ways]
    assert len(set(said)) == 4
    points = contract_terms("points", *TWO, points=POINTS)
    assert "4 % at or above 15" in combine(points, base_of_all(points)).say()
