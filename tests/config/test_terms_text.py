"""The stages of an SLA as texts."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from monitor.agreements.claim import Deadline
from monitor.agreements.terms import Allowance, Allowed, BadSlot, Cap, CommitmentTerms, Notice
from monitor.config import terms_text as stage
from monitor.config.problems import Several, dotted
from monitor.core.calendars import parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND
from monitor.core.money import Money
from monitor.core.numbers import Bound

Parse = Callable[[Any], object]


def cap(amount: object, of: str, per: str, text: str) -> Cap:
    return Cap(Fraction(amount), of, per, text)  # type: ignore[arg-type]


READ: dict[str, tuple[Parse, object, object]] = {
    "a commitment is at least": (stage.commitment, "99.9%", CommitmentTerms(Bound(">=", Fraction(999, 1000)))),
    "a commitment of more than": (stage.commitment, "> 99%", CommitmentTerms(Bound(">", Fraction(99, 100)))),
    "everything": (stage.commitment, "100%", CommitmentTerms(Bound(">=", Fraction(1)))),
    "a commitment in downtime": (stage.commitment, "<= 45m", CommitmentTerms(Bound("<=", Fraction(45 * MINUTE)), "downtime")),
    "a commitment in milliseconds of downtime": (stage.commitment, "< 45ms", CommitmentTerms(Bound("<", Fraction(45)), "downtime")),
    "a commitment in the unit of a metric": (stage.commitment, "<= 45 ms", CommitmentTerms(Bound("<=", Fraction(45)), "metric", "ms")),
    "a metric from below": (stage.commitment, ">= 100 Mbit/s", CommitmentTerms(Bound(">=", Fraction(100)), "metric", "Mbit/s")),
    "no commitment": (stage.commitment, "none", CommitmentTerms(None)),
    "an outage that counts": (stage.lasting, ">= 10m", (">=", 10 * MINUTE)),
    "a gap that does not part": (stage.joined, "< 3h", ("<", 3 * HOUR)),
    "a sum that is none": (stage.ignored, "<= 3m", ("<=", 3 * MINUTE)),
    "a resource that is old enough": (stage.resource_age, ">= 24h", (">=", DAY)),
    "more than half of all": (stage.affecting, "> 50%", Bound(">", Fraction(1, 2))),
    "columns": (stage.only, {"class": "api", "region": "eu"}, (("class", "api"), ("region", "eu"))),
    "a slot": (stage.slot, "5m", 5 * MINUTE),
    "each probe": (stage.slot, "probe", "probe"),
    "a slot in which all fail": (stage.bad, "all fail", (BadSlot("all fail"), "")),
    "a slot with errors": (stage.bad, "errors >= 5%", (BadSlot("errors", ">=", Fraction(1, 20)), "")),
    "a slot that is wholly down": (stage.bad, "wholly down", (BadSlot("wholly down"), "")),
    "a slot that is down for long": (stage.bad, "down > 6m", (BadSlot("down", ">", Fraction(6 * MINUTE)), "")),
    "a slot that is slow": (stage.bad, "> 10 ms", (BadSlot("value", ">", Fraction(10)), "ms")),
    "a slot with little delivered": (stage.bad, "< 90 %", (BadSlot("value", "<", Fraction(90)), "%")),
    "scores, the fastest first": (stage.score, {"<= 10s": "50%", "<= 1s": "100%"}, ((Bound("<=", Fraction(SECOND)), Fraction(1)), (Bound("<=", Fraction(10 * SECOND)), Fraction(1, 2)))),
    "a time allowed": (stage.within, "15m", (("", Allowed(15 * MINUTE)),)),
    "days round the clock": (stage.within, "2 days", (("", Allowed(2 * DAY)),)),
    "hours of business": (stage.within, "4 business hours", (("", Allowed(4 * HOUR, business=True)),)),
    "minutes of business": (stage.within, "90 business minutes", (("", Allowed(90 * MINUTE, business=True)),)),
    "days of business": (stage.within, "2 business days, end of day", (("", Allowed(days=2, business=True, at="end of day")),)),
    "days with an end": (stage.within, "2 days, same time", (("", Allowed(days=2, at="same time")),)),
    "the file's own date": (stage.within, "due", "due"),
    "a time for each priority": (stage.within, {"urgent": "1h", "normal": "1 business day, close of business"}, (("urgent", Allowed(HOUR)), ("normal", Allowed(days=1, business=True, at="close of business")))),
    "a class": (stage.what, "denial of service", "denial of service"),
    "a class of one's own": (stage.what, "other:port exhaustion", "other:port exhaustion"),
    "a notice": (stage.notice, "5 days", Notice(5 * DAY)),
    "a notice in business days": (stage.notice, "5 business days", Notice(business_days=5)),
    "no notice": (stage.notice, "none", Notice()),
    "an allowance": (stage.allowances, "4h per month", (Allowance(4 * HOUR, "time", "month"),)),
    "an allowance of windows": (stage.allowances, "1 window per contract year", (Allowance(1, "windows", "contract year"),)),
    "two allowances": (stage.allowances, ["2h per week", "10h per 12 months"], (Allowance(2 * HOUR, "time", "week"), Allowance(10 * HOUR, "time", "12 months"))),
    "hours": (stage.hours, "daily 02:00-05:00", parse_hours("daily 02:00-05:00")),
    "any resource": (stage.down_when, "any down", ("any down", 0)),
    "two of several resources": (stage.down_when, "2 or more down", ("some down", 2)),
    "a month of the year": (stage.first_month, "February", 2),
    "items": (stage.items, ["rtc", "storage"], ("rtc", "storage")),
    "a day at a thirtieth": (stage.day_price, "1/30", Fraction(1, 30)),
    "a day at what it costs": (stage.day_price, "actual", None),
    "no cap": (stage.caps, "none", ()),
    "a cap": (stage.caps, "25% per period", (cap("0.25", "base", "period", "25% per period"),)),
    "two caps": (stage.caps, ["1 credit per day", "50% per period"], (cap(1, "credits", "day", "1 credit per day"), cap("0.5", "base", "period", "50% per period"))),
    "a cap in days": (stage.caps, "30 days of fees per period", (cap(30 * DAY, "days of fees", "period", "30 days of fees per period"),)),
    "a cap in a week": (stage.caps, "1 week of fees per period", (cap(7 * DAY, "days of fees", "period", "1 week of fees per period"),)),
    "a cap in months": (stage.caps, "6 months of fees per contract year", (cap(6, "months of fees", "contract year", "6 months of fees per contract year"),)),
    "a cap of the contract": (stage.caps, "8% of the contract fee per contract", (cap("0.08", "contract", "contract", "8% of the contract fee per contract"),)),
    "a cap of the next bill": (stage.caps, "100% of the next bill per period", (cap(1, "next period", "period", "100% of the next bill per period"),)),
    "a cap in time": (stage.caps, "240h per period", (cap(240 * HOUR, "time", "period", "240h per period"),)),
    "a cap in money": (stage.caps, "500.00 EUR per year", (cap(500, "EUR", "year", "500.00 EUR per year"),)),
    "a cap in units": (stage.caps, "144 run-credits per period", (cap(144, "run-credits", "period", "144 run-credits per period"),)),
    "a cap for each outage": (stage.caps, "10% per outage", (cap("0.1", "base", "outage", "10% per outage"),)),
    "more than a month's fee in a year": (stage.caps, "150% per 12 months", (cap("1.5", "base", "12 months", "150% per 12 months"),)),
    "more than a dollar": (stage.only_if, "> 1.00 USD", (">", Money(Fraction(1), "USD"))),
    "an amount": (stage.money, "1000.00 USD", Money(Fraction(1000), "USD")),
    "no claim needed": (stage.claimed_by, "automatic", None),
    "a claim in days": (stage.claimed_by, "30 days after period", Deadline("after", "period", 30, "days", "30 days after period")),
    "a claim in one business day": (stage.deadline, "1 business day after outage end", Deadline("after", "outage end", 1, "business days", "1 business day after outage end")),
    "a claim in months": (stage.deadline, "2 months after ticket closed", Deadline("after", "ticket closed", 2, "months", "2 months after ticket closed")),
    "a claim by the end of a month": (stage.deadline, "end of month after period", Deadline("end of month", "period", text="end of month after period")),
    "a claim by the end of a bill": (stage.deadline, "end of billing month after outage", Deadline("end of billing month", "outage", text="end of billing month after outage")),
    "a claim by a day": (stage.deadline, "day 10 of the month after period", Deadline("day of month", "period", 10, text="day 10 of the month after period")),
    "a claim by the second bill": (stage.deadline, "end of the second billing cycle counting that of the outage", Deadline("second billing cycle", "outage", text="end of the second billing cycle counting that of the outage")),
}  # fmt: skip


@pytest.mark.parametrize(("parse", "written", "value"), READ.values(), ids=READ.keys())
def test_a_stage_is_read(parse: Parse, written: object, value: object) -> None:
    assert parse(written) == value


LIMIT = 'is not a limit: write "25% per period" or "none"'
SPANS = '"outage", "day", "week", "period", "month", "quarter", "year", "6 months", "12 months", "contract year", "contract"'

REFUSED: dict[str, tuple[Parse, object, str]] = {
    "downtime from below": (stage.commitment, "> 45m", '"> 45m" promises downtime: write "<= 45m" (at most) or "< 45m"'),
    "one value of a metric": (stage.commitment, "= 45 ms", '"= 45 ms" promises one value alone: write "<= 45 ms" or ">= 45 ms"'),
    "a commitment of two bounds": (stage.commitment, "<= 45 ms, >= 5 ms", '"<= 45 ms, >= 5 ms" has two bounds: write one, "<= 45 ms"'),
    "a commitment in nothing": (stage.commitment, "<= 45", '"45" is not a number with its unit: write it as in "45 ms"'),
    "an outage of less than": (stage.lasting, "< 5m", '"< 5m" would count short outages and not long ones: write "> 5m" or ">= 5m"'),
    "an outage in minutes alone": (stage.lasting, 5, '5 is not a bound on a duration: write "> 5m" or ">= 5m"'),
    "an outage without bound": (stage.lasting, "5m", '"5m" has no bound: write "> 5m" or ">= 5m" (does an outage of exactly that length count?)'),
    "a gap from below": (stage.joined, "> 3h", '"> 3h" would join what is far apart: write "< 3h" or "<= 3h"'),
    "half of all, or more?": (stage.affecting, "50%", '"50%" has no bound: write "> 50%" or ">= 50%"'),
    "no columns": (stage.only, "api", '"api" names no column: write { class = "api" }'),
    "a column of a number": (stage.only, {"class": 5}, 'class = 5 is not a text: write { class = "api" }'),
    "a slot that is somehow bad": (stage.bad, "slow", '"slow" does not say when a slot is bad: write "all fail", "errors > 5%", "wholly down", "down > 6m" or "> 10 ms"'),
    "errors without bound": (stage.bad, "errors 5%", '"5%" has no bound: write "errors > 5%"'),
    "a share of nothing": (stage.bad, "> 5%", '"> 5%" is not said of what: write "errors > 5%", of a metric "> 5 %"'),
    "a slot down for so long": (stage.bad, "down 6m", '"6m" has no bound: write "> 6m" or ">= 6m" (does exactly that length count?)'),
    "a length in words": (stage.lasting, "10 minutes", '"10 minutes" is not a bound on a duration: write "> 5m" or ">= 5m"'),
    "a latency without bound": (stage.commitment, "400 ms", '"400 ms" has no bound: write "<= 400 ms" (at most)'),
    "working hours": (stage.within, "4 working hours", '"4 working hours" is no time that is read here: write "15m", "4 business hours", "1 business day, close of business" or "due"'),
    "no scores": (stage.score, "100%", '"100%" is no score: write { "<= 1s" = "100%", "<= 10s" = "50%" }'),
    "business days without their end": (stage.within, "2 business days", '"2 business days" does not say at what hour the last day ends: add ", close of business", ", end of day" or ", same time"'),
    "an end of another kind": (stage.within, "2 business days, midnight", '"midnight" is not known here: write one of "close of business", "end of day", "same time"'),
    "business on every day": (stage.within, "2 days, close of business", '"2 days, close of business": every day has no close of business: write "2 days, end of day"'),
    "no priorities": (stage.within, {}, 'no priority has a time: write { urgent = "1h", normal = "4 business hours" }'),
    "an unknown class": (stage.what, "force majure", '"force majure" is not known here; did you mean "force majeure"?'),
    "a class of nothing": (stage.what, "other:", '"other:" does not say what: write "other:port exhaustion"'),
    "business hours of notice": (stage.notice, "4 business hours", '"4 business hours" is no notice: write "5 business days", "5 days" or "48h"'),
    "an allowance without a span": (stage.allowances, "4h", '"4h" is not an allowance: write "4h per month"'),
    "an allowance for an outage": (stage.allowances, "4h per outage", f'"outage" is not known here: write one of {SPANS[10:]}'),
    "hours in digits": (stage.hours, 5, '5 is no hours of the week: write "daily 02:00-05:00"'),
    "one of several resources": (stage.down_when, "1 or more down", '"1 or more down": write "any down" for one, "2 or more down" for more'),
    "a month in digits": (stage.first_month, 2, '2 is not known here: write one of ' + ", ".join(f'"{month}"' for month in stage.MONTHS)),
    "no items": (stage.items, "rtc", '"rtc" is no list of items of the fee: write ["storage"]'),
    "a day at twice the fee": (stage.day_price, "2/1", '"2/1" is not what a day costs: write "1/30", "1/365" or "actual"'),
    "a part of the fee that is nothing": (stage.part_of, "0%", '"0%" is not between 0% and 100%: write "50%"'),
    "a cap without a span": (stage.caps, "25%", f'"25%" {LIMIT}'),
    "a cap in an unknown span": (stage.caps, "25% per decade", f'"decade" is not known here: write one of {SPANS}'),
    "a cap above the fee": (stage.caps, "150% per period", '"150% per period" is not between 0% and 100%: write "100% per period" or "none"'),
    "a cap of nothing": (stage.caps, "0 credits per day", '"0 credits per day" allows nothing: write "100% per period", or credits = "none"'),
    "a cap in words": (stage.caps, "much per period", f'"much per period" {LIMIT}'),
    "a cap of some fee": (stage.caps, "8% of the contract fees per contract", '"contract fees" is not known here; did you mean "contract fee"?'),
    "a dollar, or more?": (stage.only_if, "1.00 USD", '"1.00 USD" has no bound: write "> 1.00 USD" or ">= 1.00 USD" (is exactly that much paid?)'),
    "less than a dollar": (stage.only_if, "< 1.00 USD", '"< 1.00 USD" would pay small credits and not large ones: write "> 1.00 USD"'),
    "an amount without currency": (stage.money, "1000.00", '"1000.00" is not an amount with its currency: write it as in "9.76 GBP"'),
    "an amount in no currency": (stage.money, "10 ZZZ", '"ZZZ" is not a currency of ISO 4217: write "EUR", "USD" or the like'),
    "a claim some time": (stage.deadline, "soon", '"soon" does not say by when a credit is claimed: write "30 days after period", "end of month after period" or "automatic"'),
    "a claim after something else": (stage.deadline, "3 days after the outage", '"the outage" is not known here; did you mean "outage"?'),
    "a claim on a day that is missing": (stage.deadline, "day 31 of the month after period", '"day 31 of the month after period": not every month has such a day: write a day from 1 to 28, or "end of month"'),
}  # fmt: skip


@pytest.mark.parametrize(("parse", "written", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_stage_is_refused_with_what_to_write(parse: Parse, written: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(written)
    assert str(caught.value) == sentence


LISTS: dict[str, tuple[Parse, object, list[str]]] = {
    "limits": (stage.caps, ["25%", "1 credit per day", "x per day"], ["[1]", "[3]"]),
    "allowances": (stage.allowances, ["4h", "4h per month"], ["[1]"]),
    "priorities": (stage.within, {"urgent": "1", "high": "2h", "low": "2 business days"}, ["urgent", "low"]),
}


@pytest.mark.parametrize(("parse", "written", "places"), LISTS.values(), ids=LISTS.keys())
def test_each_mistake_in_a_list_is_said_at_its_place(
    parse: Parse, written: object, places: list[str]
) -> None:
    with pytest.raises(Several) as caught:
        parse(written)
    assert [dotted(fault.where) for fault in caught.value.faults] == places
