"""Base, caps, the least that is paid, and rounding: by the cents that people argue about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.agreements.base import Base, fees_needed
from monitor.agreements.evidence import Evidence
from monitor.agreements.pipeline import Due, Fees, Past, Priced
from monitor.agreements.rounding import Round
from monitor.agreements.schedule import ProRata, SumOf
from monitor.agreements.terms import (
    WHOLE_FEE,
    BaseTerms,
    Cap,
    CommitmentTerms,
    ContractTerms,
    LimitsTerms,
    RoundingTerms,
    Terms,
)
from monitor.core.cycles import Cycle, named
from monitor.core.intervals import DAY, HOUR
from monitor.core.money import Money
from monitor.errors import ConfigError
from tests.agreements.settled import (
    case,
    credit,
    miss,
    money,
    number,
    outage,
    past,
    reading,
    rows,
    settled,
)
from tests.agreements.test_schedule import each

APRIL = "2025-04-02T10:00Z"
BAD = reading(outage(APRIL, "2h"), figure="99%")
NO_LIMIT = LimitsTerms(())


def cap(amount: str | int, of: str, per: str) -> Cap:
    value = number(amount) if isinstance(amount, str) else Fraction(amount)
    return Cap(value, of, per, f"{amount} {of} per {per}")


def at_most(*caps: Cap, **said: object) -> LimitsTerms:
    return LimitsTerms(caps, **said)  # type: ignore[arg-type]


# --- the base --------------------------------------------------------------------------------------------


def test_a_base_of_two_items_of_the_bill() -> None:
    bill = case({"replication": "412.50 USD", "storage": "87.35 USD", "requests": "900 USD"})
    both = BaseTerms(items=("replication",), plus=("storage",))
    assert money(credit("10%"), BAD, case=bill, base=both) == Decimal("49.99")
    assert money(credit("10%"), BAD, case=bill, base=BaseTerms(except_=("requests",))) == Decimal("49.99")
    assert money(
        credit("10%"), BAD, case=bill, base=BaseTerms(greater_of=("replication", "storage"))
    ) == Decimal("41.25")


@pytest.mark.parametrize(
    ("fee", "expected"),
    [("previous period", 20), ("next period", 30), ("contract", 1_200), ("at risk", 50), ("year", 120)],
)
def test_another_fee_than_that_of_the_period(fee: str, expected: int) -> None:
    others = {
        "previous period": "200 USD",
        "next period": "300 USD",
        "contract": "12000 USD",
        "at risk": "500 USD",
        "year": "1200 USD",
    }
    found = money(credit("10%"), BAD, case=case(others=others), base=BaseTerms(fee), limits=NO_LIMIT)  # type: ignore[arg-type]
    assert found == expected


def test_a_pool_of_the_amount_at_risk() -> None:
    base = BaseTerms("at risk", share=Fraction(60, 100))
    assert money(credit("25%"), BAD, case=case(others={"at risk": "10000 USD"}), base=base) == 1_500


def test_a_twelfth_of_the_year() -> None:
    base = BaseTerms("year", divided_by=12)
    assert money(credit("10%"), BAD, case=case(others={"year": "1200 USD"}), base=base) == 10


def test_a_fee_that_nobody_wrote_is_asked_for() -> None:
    with pytest.raises(ConfigError, match='the fee of "contract" is not known'):
        money(credit("10%"), BAD, case=case(), base=BaseTerms("contract"))


def test_each_resource_is_credited_on_its_own_fee() -> None:
    bill = case({"one": "100 USD", "two": "300 USD", "set-up": "50 USD"})
    own = BaseTerms(per="resource", except_=("set-up",))
    found = [replace(BAD, lane="one"), replace(BAD, lane="two")]
    assert [due.amount for due in settled(credit("10%"), found[0], case=bill, base=own).dues] == [10]
    assert money(credit("10%"), *found, case=bill, base=own) == 40


def test_a_part_of_a_period_may_cost_its_whole_fee() -> None:
    half = case()
    line = replace(
        half.fees["period"][0], money=Money(Fraction(500), "USD"), whole=Money(Fraction(1_000), "USD")
    )
    half = replace(half, fees=Fees("USD", {"period": (line,)}))
    assert money(credit("10%"), BAD, case=half) == 50
    assert money(credit("10%"), BAD, case=half, base=BaseTerms(part_period="whole fee")) == 100


@pytest.mark.parametrize(
    ("label", "days", "day", "expected"),
    [
        ("2025-05", 31, None, "325.16"),
        ("2025-04", 30, None, "336.00"),
        ("2025-05", 31, Fraction(1, 30), "336.00"),
    ],
)
def test_what_seven_days_cost(label: str, days: int, day: Fraction | None, expected: str) -> None:
    found = reading(figure="99%", time=days * DAY)
    week = case("1440 USD", label=label)
    assert money(credit("7d of fees"), found, case=week, base=BaseTerms(day=day)) == Decimal(expected)


def test_a_day_of_a_yearly_fee_costs_a_365th() -> None:
    base = BaseTerms("year", day=Fraction(1, 365))
    assert money(credit("7d of fees"), BAD, case=case(others={"year": "17280 USD"}), base=base) == Decimal(
        "331.40"
    )


def test_months_of_fees_are_those_of_a_month() -> None:
    quarter = named(Cycle("calendar quarter", "UTC"), "2025-Q2")
    three = case("3000 USD", period=quarter, others={"month": "1000 USD"})
    assert money(credit("2 months of fees"), BAD, case=three) == 2_000
    assert money(credit("1 months of fees"), BAD, case=case("1000 USD")) == 1_000


def test_the_words_of_fees_that_terms_look_at() -> None:
    terms = Terms(
        CommitmentTerms(None),
        rows({"< 99%": each("outage", credit("1 months of fees"))}),
        base=BaseTerms("next period"),
        limits=at_most(cap("8%", "contract", "contract")),
    )
    assert fees_needed(ContractTerms((("a", terms),))) == {"period", "month", "next period", "contract"}


# --- roundings on the way --------------------------------------------------------------------------------


def test_a_share_of_the_time_that_the_document_rounds_first() -> None:
    five = reading(outage(APRIL, "5h"), promise=">= 100%")
    base = BaseTerms(day=Fraction(1, 30))
    line = case("1000 USD")
    assert money(
        ProRata(Fraction(2)), five, case=line, base=base, rounding=RoundingTerms(ratio=4)
    ) == Decimal("13.80")
    assert money(ProRata(Fraction(2)), five, case=line, base=base) == Decimal("13.89")


def test_a_day_whose_price_is_rounded_first() -> None:
    hosted = case("899 USD")
    assert money(credit("4d of fees"), BAD, case=hosted) == Decimal("119.87")
    assert money(credit("4d of fees"), BAD, case=hosted, rounding=RoundingTerms(unit=2)) == Decimal("119.88")
    for_each = each("time", credit("1d of fees"), "30m", "full")
    assert money(for_each, BAD, case=hosted, rounding=RoundingTerms(unit=2)) == Decimal("119.88")


@pytest.mark.parametrize(
    ("mode", "fee", "share", "expected"),
    [
        ("half-up", "35000 JPY", "1/90", "389"),
        ("down", "35000 JPY", "1/90", "388"),
        ("half-up", "24.50 USD", "5%", "1.23"),
        ("half-even", "24.50 USD", "5%", "1.22"),
        ("half-up", "12345.67 USD", "1/15", "823.04"),
        ("up", "10.01 USD", "10%", "1.01"),
    ],
)
def test_money_is_rounded_once(mode: str, fee: str, share: str, expected: str) -> None:
    rounding = RoundingTerms(mode)  # type: ignore[arg-type]
    assert money(credit(share), BAD, case=case(fee), rounding=rounding) == Decimal(expected)


def test_three_rounded_lines_are_a_cent_less_than_their_sum_rounded() -> None:
    bill = case(dict.fromkeys(("one", "two", "three"), "33.335 USD"))
    found = [replace(BAD, lane=lane) for lane in ("one", "two", "three")]
    base = BaseTerms(per="resource")
    assert money(
        credit("10%"), *found, case=bill, base=base, rounding=RoundingTerms(line="resource")
    ) == Decimal("9.99")
    assert money(credit("10%"), *found, case=bill, base=base) == Decimal("10.00")


def test_each_outage_may_be_a_line() -> None:
    three = reading(*(outage(f"2025-04-0{day}T10:00Z", "1h") for day in (2, 3, 4)), promise=">= 100%")
    node = each("outage", "1/3000")
    assert money(node, three, case=case("10 USD"), rounding=RoundingTerms(line="outage")) == 0
    assert money(node, three, case=case("10 USD")) == Decimal("0.01")


# --- caps ------------------------------------------------------------------------------------------------

FOUR = reading(
    outage("2025-04-02T01:00Z", "1h"), outage("2025-04-02T09:00Z", "3h"),
    outage("2025-04-02T23:30Z", "1h"), outage("2025-04-20T10:00Z", "1h"),
    promise=">= 100%",
)  # fmt: skip


def test_of_the_outages_of_a_day_the_first_is_credited() -> None:
    node = each("outage", "5%")
    limits = at_most(cap(1, "credits", "day"))
    assert money(node, FOUR, case=case()) == 200
    found = settled(node, FOUR, case=case(), limits=limits)
    assert sum(due.amount for due in found.dues) == 100
    assert found.limited_by == "1 credits per day"


def test_a_day_is_a_day_of_the_agreements_zone() -> None:
    """23:30 UTC is 01:30 of the next day in Berlin."""
    limits = at_most(cap(1, "credits", "day"))
    assert money(each("outage", "5%"), FOUR, case=case(zone="Europe/Berlin"), limits=limits) == 150


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ([cap("4%", "base", "outage")], 160),
        ([cap("8%", "base", "day")], 130),
        ([cap("8%", "base", "week")], 130),
        ([cap("15%", "base", "period")], 150),
        ([cap("15%", "base", "period"), cap("4%", "base", "outage"), cap("8%", "base", "day")], 120),
        ([cap(75, "USD", "period")], 75),
        ([cap("1d", "days of fees", "period")], Fraction(100, 3)),
        ([cap(2, "months of fees", "period")], 200),
        ([cap("8%", "contract", "contract")], 96),
        ([cap("100%", "next period", "period")], 90),
        ([], 200),
    ],
)
def test_caps_of_every_kind(caps: Sequence[Cap], expected: Fraction | int) -> None:
    others = {"contract": "1200 USD", "next period": "90 USD"}
    found = settled(each("outage", "5%"), FOUR, case=case(others=others), limits=at_most(*caps))
    assert sum(due.amount for due in found.dues) == Money(Fraction(expected), "USD").round().exact


def test_the_order_of_the_caps_in_the_file_does_not_matter() -> None:
    node = each("outage", "5%")
    caps = [cap("6%", "base", "day"), cap("11%", "base", "period"), cap("4%", "base", "outage")]
    assert money(node, FOUR, case=case(), limits=at_most(*caps)) == 100
    assert money(node, FOUR, case=case(), limits=at_most(*reversed(caps))) == 100


def test_a_quarter_and_its_cap() -> None:
    quarter = named(Cycle("calendar quarter", "UTC"), "2025-Q1")
    found = reading(outage("2025-02-02T10:00Z", "30h"), promise=">= 100%", time=90 * DAY)
    node = each("time", "1d of fees", "1h", "full")
    house = case("9000 USD", period=quarter)
    assert (
        money(
            node, found, case=house, limits=at_most(cap("27.5%", "base", "period")), every="calendar quarter"
        )
        == 2_475
    )
    assert money(node, found, case=house, every="calendar quarter") == 3_000


def test_a_monthly_cap_inside_a_quarter_is_one_for_each_month() -> None:
    quarter = named(Cycle("calendar quarter", "UTC"), "2025-Q1")
    found = reading(
        *(outage(f"2025-{day}T10:00Z", "1h") for day in ("01-02", "01-03", "02-02")), promise=">= 100%"
    )
    limits = at_most(cap("6%", "base", "month"))
    assert (
        money(each("outage", "5%"), found, case=case(period=quarter), limits=limits, every="calendar quarter")
        == 110
    )


def credited(**by_month: str) -> list[Past]:
    return [
        past(label.replace("m", "").replace("_", "-"), credit=Fraction(much))
        for label, much in by_month.items()
    ]


LAST_YEAR = credited(
    m2024_03="100", m2024_04="50", m2024_05="30", m2024_11="20", m2025_01="10", m2025_02="5", m2025_03="5"
)


@pytest.mark.parametrize(
    ("per", "expected"),
    [
        ("12 months", 100 - 70),
        ("6 months", 100 - 40),
        ("year", 100 - 20),
        ("quarter", 100),
        ("month", 100),
        ("contract year", 100 - 20 - 20),
        ("contract", 0),
    ],
)
def test_what_was_credited_before_in_a_wide_span_is_taken_off(per: str, expected: int) -> None:
    """The twelve months that end with April begin with May; the contract's years begin in November."""
    april = case("100 USD", history=LAST_YEAR, first="2023-11-01T00:00Z")
    assert money(credit("100%"), BAD, case=april, limits=at_most(cap("100%", "base", per))) == expected


def test_a_quarter_remembers_its_earlier_months() -> None:
    march = case("100 USD", label="2025-03", history=LAST_YEAR)
    assert money(credit("100%"), BAD, case=march, limits=at_most(cap("100%", "base", "quarter"))) == 80


def test_a_history_with_a_row_a_promise_counts_each_period_once() -> None:
    twice = [replace(row, promise=name) for row in LAST_YEAR[-1:] for name in ("a", "b")]
    april = case("100 USD", history=twice)
    assert money(credit("100%"), BAD, case=april, limits=at_most(cap("100%", "base", "year"))) == 95


def test_a_short_history_is_said_to_be_assumed() -> None:
    long = case("100 USD", history=credited(m2025_03="5"), first="2024-06-01T00:00Z")
    found = settled(credit("100%"), BAD, case=long, limits=at_most(cap("100%", "base", "12 months")))
    assert [line.rule for line in found.lines if line.rule == "assumed"] == ["assumed"]
    young = replace(long, first=long.history[0].span.start if long.history[0].span else None)
    found = settled(credit("100%"), BAD, case=young, limits=at_most(cap("100%", "base", "12 months")))
    assert not [line for line in found.lines if line.rule == "assumed"]


def test_a_cap_on_time_is_one_on_what_is_credited() -> None:
    limits = at_most(cap("240h", "time", "period"))
    long = reading(outage("2025-04-02T00:00Z", "312h"), promise=">= 100%")
    assert money(ProRata(Fraction(1)), long, case=case("720 USD"), limits=limits) == 240
    by_hour = each("time", "1/720", "1h", "full")
    assert money(by_hour, long, case=case("720 USD"), limits=limits) == 240
    assert money(by_hour, BAD, case=case("720 USD"), limits=limits) == 2


def test_units_have_a_cap_of_their_own() -> None:
    slots = tuple(replace(outage(f"2025-04-01T0{n}:00Z", "1h"), size=50) for n in range(4))
    found = settled(
        each("bad slot", "0.8 run-credits"), reading(*slots, figure="90%"), case=case(),
        limits=at_most(cap(144, "run-credits", "period")),
    )  # fmt: skip
    assert sum(due.amount for due in found.dues) == 144
    assert {due.kind for due in found.dues} == {"units"}


def test_before_and_after_the_limits() -> None:
    found = settled(credit("50%"), BAD, case=case(), limits=at_most(cap("30%", "base", "period")))
    assert (found.before, found.limited_by) == (500, "30% base per period")
    free = settled(credit("30%"), BAD, case=case(), limits=at_most(cap("30%", "base", "period")))
    assert (free.before, free.limited_by) == (300, "")


# --- the least, and what is kept -------------------------------------------------------------------------

DOLLAR = Money(Fraction(1), "USD")


def test_too_little_is_tested_before_it_is_rounded() -> None:
    limits = LimitsTerms((WHOLE_FEE,), only_if=(">", DOLLAR))
    assert money(credit("10%"), BAD, case=case("10.00 USD"), limits=limits) == 0
    assert money(credit("10%"), BAD, case=case("10.01 USD"), limits=limits) == Decimal("1.00")
    at_least = LimitsTerms((WHOLE_FEE,), only_if=(">=", DOLLAR))
    assert money(credit("10%"), BAD, case=case("10.00 USD"), limits=at_least) == 1


def test_a_small_credit_is_raised_and_none_is_not() -> None:
    limits = LimitsTerms((WHOLE_FEE,), raised_to=DOLLAR)
    assert money(credit("10%"), BAD, case=case("4.00 USD"), limits=limits) == 1
    assert money(credit("10%"), BAD, case=case("40.00 USD"), limits=limits) == 4
    assert money(credit("0%"), BAD, case=case("4.00 USD"), limits=limits) == 0


def test_credits_are_kept_until_they_are_enough_together() -> None:
    limits = LimitsTerms((WHOLE_FEE,), held_until=Money(Fraction(1_000), "USD"))
    fee = "4000 USD"

    def held(*credits: str) -> Priced:
        history = [past(f"2025-0{n}", credit=Fraction(text)) for n, text in enumerate(credits, 1)]
        return settled(credit("10%"), BAD, case=case(fee, history=history), limits=limits)

    assert [(sum(due.amount for due in found.dues), found.held, found.earned) for found in (
        held(), held("300", "299.99"), held("300", "300"), held("900", "100", "0"),
    )] == [(0, True, 400), (0, True, 400), (1_000, False, 400), (0, True, 400)]  # fmt: skip


def test_a_month_that_earns_nothing_pays_nothing_and_keeps_nothing() -> None:
    limits = LimitsTerms((WHOLE_FEE,), held_until=Money(Fraction(1_000), "USD"))
    found = settled(credit("10%"), reading(figure="100%"), case=case(), limits=limits)
    assert (found.dues, found.held) == ((), False)


# --- what passes by --------------------------------------------------------------------------------------


def test_service_and_units_pass_every_money_limit() -> None:
    node = SumOf((credit("3d of service"), credit("2 run-credits"), credit("50%")))
    found = settled(node, BAD, case=case(), limits=at_most(cap("10%", "base", "period")))
    assert [(due.kind, due.amount) for due in found.dues] == [
        ("money", 100),
        ("service", 3 * DAY),
        ("units", 2),
    ]


def test_dues_of_two_currencies_do_not_add_up() -> None:
    priced = Priced((Due("money", Fraction(1), "EUR", "a"), Due("money", Fraction(1), "USD", "b")))
    with pytest.raises(ValueError, match="do not add up"):
        Round()(priced, case())


# --- against brute force ---------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    starts=st.lists(st.integers(0, 29 * 24), min_size=1, max_size=6, unique=True),
    outage_cap=st.integers(1, 20), day_cap=st.integers(1, 20), period_cap=st.integers(1, 60),
)  # fmt: skip
def test_caps_agree_with_taking_off_by_hand(
    starts: list[int], outage_cap: int, day_cap: int, period_cap: int
) -> None:
    """Ten dollars an outage."""
    begun = sorted(starts)
    pieces = [
        replace(outage("2025-04-01T00:00Z", "30m", cause=str(n)), start=case().period.span.start + n * HOUR)
        for n in begun
    ]
    by_day: dict[int, int] = {}
    for n in begun:
        by_day[n // 24] = min(day_cap, by_day.get(n // 24, 0) + min(10, outage_cap))
    expected = min(period_cap, sum(by_day.values()))

    caps = [cap(period_cap, "USD", "period"), cap(day_cap, "USD", "day"), cap(outage_cap, "USD", "outage")]
    found = reading(*pieces, figure="0%")
    assert money(each("outage", "10 USD"), found, case=case(), limits=at_most(*caps)) == expected


@settings(max_examples=40, deadline=None)
@given(shares=st.lists(st.integers(0, 100), min_size=1, max_size=5), most=st.integers(1, 100))
def test_a_credit_never_passes_its_cap_and_never_grows_by_one(shares: list[int], most: int) -> None:
    node = SumOf(tuple(credit(f"{share}%") for share in shares))
    capped = money(node, BAD, case=case(), limits=at_most(cap(f"{most}%", "base", "period")))
    assert capped == 10 * min(most, sum(shares))


def test_the_base_says_what_it_is() -> None:
    said = Base(
        BaseTerms("next period", share=Fraction(1, 2), except_=("set-up",), day=Fraction(1, 30)), ratio=4
    ).say()
    assert said == (
        "The credit is reckoned on 50 % of the fee of the period after without set-up. "
        "A day costs 1/30 of it. The share of the time is rounded to 4 decimals first."
    )


def test_resources_joined_by_a_label_are_credited_on_their_fees_together() -> None:
    bill = case({"one": "100 USD", "two": "300 USD", "three": "70 USD"})
    whole = (bill.period.span,)
    labels = {"one": {"region": "eu"}, "two": {"region": "eu"}, "three": {"region": "us"}}
    evidence = Evidence({}, labels=labels, life=dict.fromkeys(labels, whole))
    region = replace(bill, evidence=evidence)
    own = BaseTerms(per="resource")
    assert money(credit("10%"), replace(BAD, lane="eu"), case=region, base=own) == 40
    assert money(credit("10%"), replace(BAD, lane="three"), case=region, base=own) == 7
    assert money(credit("10%"), replace(BAD, lane=""), case=region, base=own) == 47


def test_a_resource_without_a_fee_of_its_own_is_asked_for() -> None:
    bill = case({"one": "100 USD", "two": "300 USD"})
    evidence = Evidence({}, life=dict.fromkeys(("one", "two", "three"), (bill.period.span,)))
    with pytest.raises(ConfigError, match='the fee has no item "three"'):
        money(
            credit("10%"),
            replace(BAD, lane="three"),
            case=replace(bill, evidence=evidence),
            base=BaseTerms(per="resource"),
        )


def test_a_cap_on_each_outage_is_asked_of_time_paid_pro_rata_too() -> None:
    """Fifteen hours and six, fifty times: 125.00 is cut to 120.00, and 50.00 is not."""
    found = reading(outage("2025-04-10T10:00Z", "15h"), outage("2025-04-20T10:00Z", "6h"), promise=">= 100%")
    limits = at_most(cap("100%", "base", "outage"))
    assert money(ProRata(Fraction(50)), found, case=case("120 EUR"), limits=limits) == 170
    assert money(ProRata(Fraction(50)), found, case=case("120 EUR"), limits=NO_LIMIT) == 175


def test_free_time_is_that_of_the_earliest_outages() -> None:
    found = reading(outage("2025-04-10T10:00Z", "15h"), outage("2025-04-20T10:00Z", "6h"), promise=">= 100%")
    node = ProRata(Fraction(50), Fraction(14 * HOUR))
    dues = settled(node, found, case=case("72 EUR"), limits=at_most(cap(10, "EUR", "outage"))).dues
    assert [due.amount for due in dues] == [Fraction(5) + Fraction(10)]
    assert money(node, found, case=case("72 EUR"), limits=at_most(cap(4, "EUR", "outage"))) == 8


def test_events_alike_have_a_cap_each() -> None:
    late = miss(APRIL, "2025-04-02T11:00Z", "2025-04-02T12:00Z", count=3)
    found = reading(figure="0%", promise=">= 100%", misses=[late])
    assert money(each("miss", "25 USD"), found, case=case(), limits=at_most(cap(10, "USD", "outage"))) == 30


def test_events_alike_are_a_line_each() -> None:
    late = miss(APRIL, "2025-04-02T11:00Z", "2025-04-02T12:00Z", count=3)
    found = reading(figure="0%", promise=">= 100%", misses=[late])
    line = RoundingTerms(line="outage")
    assert money(each("miss", "1/3000"), found, case=case("10 USD"), rounding=line) == 0
    assert money(each("miss", "1/1500"), found, case=case("10 USD"), rounding=line) == Decimal("0.03")
