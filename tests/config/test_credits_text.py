"""What a miss costs, as it is written: amounts, and schedules inside schedules."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from monitor.agreements.schedule import (
    FEE,
    Amount,
    Each,
    GreatestOf,
    Manual,
    NoCredits,
    ProRata,
    Row,
    Rows,
    SumOf,
)
from monitor.config import credits_text as stage
from monitor.config.problems import Several, dotted
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND
from monitor.core.numbers import Bound

TEN = Amount("share", Fraction(1, 10), FEE, "10%")
FIVE = Amount("share", Fraction(1, 20), FEE, "5%")
BELOW = Row((Bound("<", Fraction(999, 1000)),), TEN, "< 99.9%")


def one(key: str, *bounds: tuple[Any, object], **words: Any) -> Rows:
    """A table of one row that pays 10 %."""
    return Rows((Row(tuple(Bound(sign, Fraction(value)) for sign, value in bounds), TEN, key),), **words)  # type: ignore[arg-type]


READ: dict[str, tuple[object, object]] = {
    "no credits": ("none", NoCredits()),
    "a person decides": ("manual", Manual()),
    "a share": ("10%", TEN),
    "a fraction": ("1/30", Amount("share", Fraction(1, 30), FEE, "1/30")),
    "money": ("9.76 GBP", Amount("money", Fraction(244, 25), "GBP", "9.76 GBP")),
    "days of fees": ("3 days of fees", Amount("time", Fraction(3 * DAY), "", "3 days of fees")),
    "a week of fees": ("1 week of fees", Amount("time", Fraction(7 * DAY), "", "1 week of fees")),
    "hours of fees": ("2 hours of fees", Amount("time", Fraction(2 * HOUR), "", "2 hours of fees")),
    "hours of fees, short": ("2h of fees", Amount("time", Fraction(2 * HOUR), "", "2h of fees")),
    "half a day of fees": ("0.5 days of fees", Amount("time", Fraction(12 * HOUR), "", "0.5 days of fees")),
    "a month of fees": ("1 month of fees", Amount("months", Fraction(1), "", "1 month of fees")),
    "days of service": ("3 days of service", Amount("service", Fraction(3 * DAY), "", "3 days of service")),
    "points": ("5 points", Amount("points", Fraction(5), "", "5 points")),
    "units": ("0.8 run-credits", Amount("units", Fraction(4, 5), "run-credits", "0.8 run-credits")),
    "a row": ({"< 99.9%": "10%"}, Rows((BELOW,))),
    "a row of two bounds": ({"< 99.9%, >= 99%": "10%"}, one("< 99.9%, >= 99%", ("<", "0.999"), (">=", "0.99"))),
    "a row on downtime": ({"> 4h30m": "10%"}, one("> 4h30m", (">", 270 * MINUTE), by="downtime")),
    "a row in hours, minutes and seconds": ({">= 00:10:01": "10%"}, one(">= 00:10:01", (">=", 601 * SECOND), by="downtime")),
    "a row from nothing on": ({"by": "longest outage", "> 0s, <= 1 day": "10%"}, one("> 0s, <= 1 day", (">", 0), ("<=", DAY), by="longest outage")),
    "a row that counts": ({"by": "outages", ">= 2": "10%"}, one(">= 2", (">=", 2), by="outages")),
    "a row on the delay": ({"by": "delay", "> 1 day": "10%"}, one("> 1 day", (">", DAY), by="delay")),
    "a row on the overshoot": ({"by": "overshoot", ">= 150%": "10%"}, one(">= 150%", (">=", "1.5"), by="overshoot")),
    "a row on a metric": ({"> 45 ms": "10%"}, one("> 45 ms", (">", 45))),
    "missed periods": ({"by": "missed periods", "over": "6 periods", "= 2": "10%"}, one("= 2", ("=", 2), by="missed periods", over=6)),
    "misses in a row": ({"by": "consecutive misses", ">= 2": "10%"}, one(">= 2", (">=", 2), by="consecutive misses")),
    "the words beside the rows": (
        {"< 99.9%": "10%", "in_no_row": "row above", "if_met": "as the table", "overlap": "first row"},
        Rows((BELOW,), "first row", "row above", "as the table"),
    ),
    "full units of time": ({"each": "full 30m", "credit": "5%"}, Each("time", FIVE, Fraction(30 * MINUTE), "full", None, "full 30m")),
    "started units of time": ({"each": "1h or part", "credit": "5%"}, Each("time", FIVE, Fraction(HOUR), "or part", None, "1h or part")),
    "steps of shortfall": ({"each": "0.1% pro rata", "credit": "5%", "beyond": "99.0%"}, Each("share", FIVE, Fraction(1, 1000), "pro rata", Fraction(99, 100), "0.1% pro rata")),
    "units beyond a time": ({"each": "full 1h", "credit": "5%", "beyond": "48h"}, Each("time", FIVE, Fraction(HOUR), "full", Fraction(48 * HOUR), "full 1h")),
    "units beyond the commitment": ({"each": "full 1h", "credit": "5%", "beyond": "commitment"}, Each("time", FIVE, Fraction(HOUR), "full", "commitment", "full 1h")),
    "each outage": ({"each": "outage", "credit": "5%"}, Each("outage", FIVE, text="outage")),
    "each outage after the second": ({"each": "outage", "credit": "5%", "beyond": "2"}, Each("outage", FIVE, beyond=Fraction(2), text="outage")),
    "each bad slot": ({"each": "bad slot", "credit": "5%"}, Each("bad slot", FIVE, text="bad slot")),
    "each day of each miss": ({"each": "miss", "credit": {"each": "calendar day", "credit": "5%"}}, Each("miss", Each("calendar day", FIVE, text="calendar day"), text="miss")),
    "days after the fortnight": ({"each": "calendar day", "beyond": "14 days", "credit": "5%"}, Each("calendar day", FIVE, beyond=Fraction(14 * DAY), text="calendar day")),
    "lost time": ({"pro_rata": 10}, ProRata(Fraction(10), None, "pro_rata = 10")),
    "lost time and a half": ({"pro_rata": Decimal("1.5"), "beyond": "commitment"}, ProRata(Fraction(3, 2), "commitment", "pro_rata = 1.5")),
    "lost time although the promise is kept": ({"pro_rata": 1, "if_met": "as the table"}, ProRata(Fraction(1), None, "pro_rata = 1", "as the table")),
    "the greatest": ({"greatest_of": ["10%", {"pro_rata": 1}]}, GreatestOf((TEN, ProRata(Fraction(1), None, "pro_rata = 1")))),
    "the sum": ({"sum_of": ["10%", "5%"]}, SumOf((TEN, FIVE))),
    "something on top": ({"credit": "10%", "plus": "5%"}, SumOf((TEN, FIVE))),
    "something on top of rows": ({"< 99.9%": "10%", "plus": "5%"}, SumOf((Rows((BELOW,)), FIVE))),
    "a schedule in a row": ({"< 99.9%": {"credit": "10%", "plus": {"pro_rata": 1}}}, Rows((Row(BELOW.bounds, SumOf((TEN, ProRata(Fraction(1), None, "pro_rata = 1"))), "< 99.9%"),))),
}  # fmt: skip


@pytest.mark.parametrize(("written", "value"), READ.values(), ids=READ.keys())
def test_a_credit_is_read(written: object, value: object) -> None:
    assert stage.credits_(written) == value


BESIDE = "has no place beside"

REFUSED: dict[str, tuple[object, list[str]]] = {
    "a number": (10, ['10 is not a share: write "10%"']),
    "more than the fee": ("110%", ['"110%" is more than the whole fee: write at most "100%"']),
    "days of what": ("3 days", ['"3 days" of what? write "3 days of fees" or "3 days of service"']),
    "a month of service": ("1 month of service", ['"1 month of service": a month has no fixed length: write "30 days of service"']),
    "no time": ("0 days of fees", ['"0 days" is no time at all: write "0%" where nothing is owed']),
    "no currency": ("5 ZZZ", ['"ZZZ" is not a currency of ISO 4217: write "EUR", "USD" or the like']),
    "no rows": ({}, ['no row says what is owed: write { "< 99.9%" = "10%" }, or credits = "none"']),
    "words without rows": ({"in_no_row": "refuse"}, ['no row says what is owed: write { "< 99.9%" = "10%" }, or credits = "none"']),
    "a row without bound": ({"99.9%": "5%"}, ['row "99.9%" has no bound: write "< 99.9%" or "<= 99.9%"']),
    "a row without percent": ({"< 99.9": "5%"}, ['row "< 99.9" is not a share: write it with %, "< 99.9%"']),
    "a row that counts what": ({">= 2": "5%"}, ['row ">= 2" counts what is not said: write by = "outages" or "misses", or a share, "< 99.9%"']),
    "a row above everything": ({"< 250%": "5%"}, ['row "< 250%" is not between 0% and 100%']),
    "a row with a comma": ({"< 99,9%": "5%"}, ['"99,9%" is not a share: write it with a point, "99.9%"']),
    "a row of nothing": ({"< much": "5%"}, ['row "< much" holds no number that is read here: write "< 99.9%", "> 45m" or ">= 2"']),
    "rows of two kinds": ({"< 99.9%": "5%", "> 4h": "10%"}, ['row "< 99.9%" is a share and row "> 4h" a time: one table looks at one thing']),
    "a row of another kind than said": ({"by": "outages", "> 5m": "5%"}, ['row "> 5m" is a time, and by = "outages" looks at a count: write ">= 2"']),
    "half an outage": ({"by": "outages", ">= 2.5": "5%"}, ['"2.5" is not a count: write a whole number, as in "3"']),
    "a misspelt word": ({"< 99%": "5%", "in-no-row": "refuse"}, ['unknown key "in-no-row"; did you mean "in_no_row"?']),
    "a misspelt word beside each": ({"each": "outage", "credt": "5%", "credit": "5%"}, ['unknown key "credt"; did you mean "credit"?']),
    "money without its currency": ("500", ['"500" is no credit: write "10%", "500.00 EUR" or "3 days of fees"']),
    "money by its sign": ("€500", ['"€500" is no credit: write "10%", "500.00 EUR" or "3 days of fees"']),
    "a row from and to": ({"4h-8h": "5%"}, ['row "4h-8h" has no bounds: write both, as in "< 99.9%, >= 99%" or "> 4h, <= 8h"']),
    "a word of another kind": ({"< 99%": "5%", "if_met": "refuse"}, ['"refuse" is not known here: write one of "no credit", "as the table"']),
    "a word of another schedule": ({"pro_rata": 1, "overlap": "first row"}, [f'"overlap" {BESIDE} "pro_rata": take it out']),
    "credit beside rows": ({"< 99%": "5%", "credit": "5%"}, [f'"credit" {BESIDE} rows: take it out']),
    "two schedules": ({"each": "outage", "pro_rata": 1}, ["each and pro_rata stand in one schedule: write one, and the other as plus or in sum_of"]),
    "rows and each": ({"each": "outage", "credit": "5%", "< 99%": "5%"}, ["each and rows stand in one schedule: write one, and the other as plus or in sum_of"]),
    "periods of how many": ({"by": "missed periods", ">= 2": "5%"}, ['by = "missed periods" does not say among how many: write over = "6 periods"']),
    "over of something else": ({"by": "outages", "over": "6 periods", ">= 2": "5%"}, ['over goes with by = "missed periods" alone: take it out']),
    "one period": ({"by": "missed periods", "over": "1 period", "= 1": "5%"}, ['"1 period" is no number of periods from 2 to 120: write "6 periods"']),
    "an incomplete unit": ({"each": "30m", "credit": "5%"}, ['each = "30m" does not say what an incomplete unit is worth: write "full 30m", "30m or part" or "30m pro rata"']),
    "a unit both ways": ({"each": "full 30m or part", "credit": "5%"}, ['each = "full 30m or part" does not say what an incomplete unit is worth: write "full 30m", "30m or part" or "30m pro rata"']),
    "a unit of something": ({"each": "outages", "credit": "5%"}, ['each = "outages" is no unit; did you mean "outage"?']),
    "a unit of nothing": ({"each": "full 0%", "credit": "5%"}, ['"0%" is no step at all: write "0.1%" or so']),
    "a unit without credit": ({"each": "outage"}, ['each = "outage" does not say what it costs: write credit = "5%"']),
    "beyond a share of time": ({"pro_rata": 1, "beyond": "99%"}, ['"99%" is a share, and times are counted: write beyond = "commitment" or "48h"']),
    "times a text": ({"pro_rata": "ten"}, ['"ten" is not a number: write digits and at most one point, as in "1200.50"']),
    "times nothing": ({"pro_rata": 0}, ['0 times the fee is nothing: write pro_rata = 1, or credits = "none"']),
    "times a flag": ({"pro_rata": True}, ["true is not how many times the fee: write pro_rata = 10"]),
    "the greatest of one": ({"greatest_of": ["10%"]}, ['is a list of two or more: write greatest_of = ["10%", { pro_rata = 1 }]']),
}  # fmt: skip


@pytest.mark.parametrize(("written", "sentences"), REFUSED.values(), ids=REFUSED.keys())
def test_a_credit_is_refused_with_what_to_write(written: object, sentences: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        stage.credits_(written)
    faults = caught.value.faults if isinstance(caught.value, Several) else [caught.value]
    assert [getattr(fault, "message", str(fault)) for fault in faults] == sentences


def test_every_mistake_is_said_at_its_place_however_deep() -> None:
    written = {
        "< 99.9%": 5,
        "< 99%": {"credit": "9 ZZZ", "plus": {"each": "1h", "credit": {"greatest_of": ["1%", "x", {"each": "?"}]}}},
        "by": "delays",
    }  # fmt: skip
    with pytest.raises(Several) as caught:
        stage.credits_(written)
    assert {(dotted(fault.where), dotted(fault.place)) for fault in caught.value.faults} == {
        ("", "by"),
        ("", '"< 99.9%"'),
        ('"< 99%".credit', '"< 99%".credit'),
        ('"< 99%".plus', '"< 99%".plus.each'),
        ('"< 99%".plus.credit.greatest_of[2]', '"< 99%".plus.credit.greatest_of[2]'),
        ('"< 99%".plus.credit.greatest_of[3]', '"< 99%".plus.credit.greatest_of[3].each'),
        ('"< 99%".plus.credit.greatest_of[3]', '"< 99%".plus.credit.greatest_of[3]'),
    }


def test_a_table_of_points_counts() -> None:
    assert stage.points({"< 10": "0%", ">= 10": "10%"}).rows[1] == Row(
        (Bound(">=", Fraction(10)),), TEN, ">= 10"
    )


@pytest.mark.parametrize("written", ["10%", {"< 10%": "0%"}, {"< 10": 5}])
def test_a_table_of_points_holds_nothing_else(written: object) -> None:
    with pytest.raises(ValueError):
        stage.points(written)


def test_the_currencies_of_a_schedule_are_found_however_deep() -> None:
    schedule = stage.credits_(
        {"sum_of": ["400.00 EUR", {"< 99%": {"each": "outage", "credit": "5 GBP"}, "plus": "3 points"}]}
    )
    assert stage.currencies_in(schedule) == {"EUR", "GBP"}
    assert stage.currencies_in(NoCredits()) == set()
