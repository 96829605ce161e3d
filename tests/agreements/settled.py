"""Readings and cases made by hand, for tests of what comes after the figure: schedules, limits, claims."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from monitor.agreements.evaluate import amount, limited
from monitor.agreements.evidence import Evidence
from monitor.agreements.limits import base_of, of_alone
from monitor.agreements.pipeline import Case, Contract, Due, FeeLine, Fees, Miss, Past, Piece, Priced, Reading
from monitor.agreements.schedule import FEE, Amount, By, Node, Row, Rows, priced
from monitor.agreements.terms import (
    BaseTerms,
    CommitmentTerms,
    LimitsTerms,
    PeriodTerms,
    RoundingTerms,
    Terms,
)
from monitor.agreements.together import Alone
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, instant, month

UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1}


def at(text: str) -> Ms:
    """`2025-04-02T10:00Z` in UTC ms."""
    return instant(datetime.fromisoformat(text))


def number(text: str) -> Fraction:
    """`99.9%`, `1/30`, `2h30m` in ms, `3`."""
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    parts = re.findall(r"(\d+)(ms|d|h|m|s)", text)
    return Fraction(sum(int(n) * UNITS[unit] for n, unit in parts)) if parts else Fraction(text)


def bound(text: str) -> Bound:
    """`< 99.9%`."""
    sign, value = re.fullmatch(r"(<=|>=|<|>|=) ?(.+)", text.strip()).groups()  # type: ignore[union-attr]
    return Bound(sign, number(value))  # type: ignore[arg-type]


def credit(text: str) -> Amount:
    """`10%`, `1/30`, `9.76 GBP`, `1d of fees`, `2 months of fees`, `3d of service`, `2 run-credits`."""
    if re.fullmatch(r"[\d.]+%|\d+/\d+", text):
        return Amount("share", number(text), FEE, text)
    much, _, of = text.partition(" ")
    if of.isupper():
        return Amount("money", Fraction(much), of, text)
    kinds = {"of fees": "time", "months of fees": "months", "of service": "service", "points": "points"}
    return Amount(kinds.get(of, "units"), number(much), "" if of in kinds else of, text)  # type: ignore[arg-type]


def rows(table: Mapping[str, str | Node], by: By = "figure", **said: object) -> Rows:
    """A credit table as a file has it."""
    found = (
        Row(tuple(bound(part) for part in text.split(",")), credit(to) if isinstance(to, str) else to, text)
        for text, to in table.items()
    )
    return Rows(tuple(found), by=by, **said)  # type: ignore[arg-type]


def outage(
    start: str, lasting: str, *, lane: str = "service", cause: str = "", rate: Fraction = Fraction(1)
) -> Piece:
    begins, length = at(start), int(number(lasting))
    return Piece(begins, begins + length, length, rate, lane, cause or f"outage-{begins}")


def miss(start: str, due: str, finished: str, *, days: int = 0, count: int = 1, cause: str = "") -> Miss:
    begins, until, done = at(start), at(due), at(finished)
    return Miss(
        cause or f"event-{begins}", "service", begins, until, done, done - until, until - begins, days, count
    )


def reading(
    *pieces: Piece,
    promise: str = ">= 99.9%",
    figure: str | Fraction | None = None,
    misses: Sequence[Miss] = (),
    time: Ms = 30 * DAY,
    lane: str = "service",
    of: str = "share",
) -> Reading:
    """The figure of some outages in thirty days, or a figure that is said."""
    down = sum((piece.size * piece.rate for piece in pieces), Fraction(0))
    value = 1 - down / time if figure is None else number(figure) if isinstance(figure, str) else figure
    asked = bound(promise) if promise else None
    looked_at = down if of == "downtime" else value
    return Reading(
        lane=lane,
        value=value,
        bad=down,
        base=time,
        outages=pieces,
        coverage=Fraction(1),
        met=asked is None or asked.holds(looked_at),
        down=down,
        time=Fraction(time),
        misses=tuple(misses),
        promise=asked,
        promise_of=of,  # type: ignore[arg-type]
    )


def paid_for(period: Period, text: str, item: str = "monthly fee") -> FeeLine:
    money, _, currency = text.partition(" ")
    return FeeLine(item, period.span, Money(Fraction(money), currency))


def case(
    fee: str | Mapping[str, str] = "1000 USD",
    *,
    label: str = "2025-04",
    zone: str = "UTC",
    history: Sequence[Past] = (),
    first: str | None = None,
    others: Mapping[str, str] | None = None,
    period: Period | None = None,
    contract: Contract | None = None,
) -> Case:
    """A month in which the agreement was in force throughout; `fee` by item, `others` by their word."""
    whole = period or month(label, zone)
    items = {"monthly fee": fee} if isinstance(fee, str) else fee
    lines = tuple(paid_for(whole, text, item) for item, text in items.items())
    more = {word: (paid_for(whole, text),) for word, text in (others or {}).items()}
    return Case(
        contract=contract or Contract((), Alone()),
        period=whole,
        in_force=(whole.span,),
        evidence=Evidence({}),
        fees=Fees(lines[0].money.currency, {"period": lines, **more}),
        as_of=whole.span.end,
        history=tuple(history),
        first=None if first is None else at(first),
    )


def past(label: str, *, met: bool | None = True, zone: str = "UTC", **said: object) -> Past:
    return Past(label, met, span=month(label, zone).span, **said)  # type: ignore[arg-type]


def owed(node: Node, *readings: Reading, case: Case, base: BaseTerms | None = None) -> tuple[Due, ...]:
    """What the schedule makes of the readings, before anything is priced."""
    schedule = priced(node, base_of(base or BaseTerms(), RoundingTerms()).worth)
    return tuple(due for each in readings for due in schedule(each, case))


def settled(
    node: Node,
    *readings: Reading,
    case: Case,
    base: BaseTerms | None = None,
    limits: LimitsTerms | None = None,
    rounding: RoundingTerms | None = None,
    every: str = "calendar month",
) -> Priced:
    """The readings priced and limited as the only promise of a contract."""
    terms = Terms(
        CommitmentTerms(None),
        node,
        period=PeriodTerms(every),
        base=base or BaseTerms(),
        limits=limits or LimitsTerms(),
        rounding=rounding or RoundingTerms(),
    )
    dues = owed(node, *readings, case=case, base=base)
    return limited(of_alone(terms), Priced(dues, readings=readings), case)


def money(
    node: Node,
    *readings: Reading,
    case: Case,
    base: BaseTerms | None = None,
    limits: LimitsTerms | None = None,
    rounding: RoundingTerms | None = None,
    every: str = "calendar month",
) -> Decimal:
    """The credit, as it is printed."""
    found = settled(node, *readings, case=case, base=base, limits=limits, rounding=rounding, every=every)
    return amount(found, case).decimal
