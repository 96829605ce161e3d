"""One promise on the evidence of a file, for the tests of the stages between the measure and the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from monitor.agreements import build
from monitor.agreements.evaluate import settle
from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Account, Accounts, Case, Contract, FeeLine, Fees, Past, Reading
from monitor.agreements.schedule import NoCredits
from monitor.agreements.terms import CommitmentTerms, Terms
from monitor.agreements.together import Alone
from monitor.core.calendars import Calendar
from monitor.core.intervals import DAY, Ms, Span, Spans
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period, instant
from monitor.core.windows import Window
from tests.agreements.seen import october


def terms(**stages: Any) -> Terms:
    """A promise of 99.9 % without credits, with these stages."""
    return Terms(
        **{"commitment": CommitmentTerms(Bound(">=", Fraction(999, 1000))), "credits": NoCredits(), **stages}
    )


def case(
    rows: Sequence[OutageRow] | Mapping[str, Sequence[OutageRow]] = (),
    windows: Sequence[Window] = (),
    *,
    period: Period | None = None,
    life: Spans | None = None,
    unseen: Spans = (),
    in_force: Spans | None = None,
    as_of: Ms | None = None,
    calendars: Mapping[str, Calendar] | None = None,
    history: Sequence[Past] = (),
    first: Ms | None = None,
    **evidence: Any,
) -> Case:
    """October 2026 in UTC, a day after it ended, unless said; resources exist before and after it."""
    period = period or october()
    span = period.span
    around = life or (Span(span.start - span.length, span.end + span.length),)
    by_lane = rows if isinstance(rows, Mapping) else {"shop": rows}
    resources = {lane: Recorded(around, tuple(own), unseen) for lane, own in by_lane.items()}
    return Case(
        contract=Contract((), combine=Alone()),
        period=period,
        in_force=(span,) if in_force is None else in_force,
        evidence=Evidence(resources, tuple(windows), **evidence),
        fees=Fees("EUR", {"period": (FeeLine("fee", span, Money(Fraction(1000), "EUR")),)}),
        as_of=span.end + DAY if as_of is None else as_of,
        history=tuple(history),
        calendars=calendars or {},
        first=first,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What the stages left of a case."""

    accounts: Accounts
    readings: tuple[Reading, ...]
    gross: tuple[Reading, ...] = ()

    @property
    def account(self) -> Account:
        (account,) = self.accounts
        return account

    @property
    def reading(self) -> Reading:
        (reading,) = self.readings
        return reading


def judge(terms: Terms, case: Case) -> Judged:
    """The promise's accounts and readings, past the gate."""
    named = settle("sla", build.clause(terms), case)
    return Judged(named.accounts, named.readings, named.gross)


def window(start: Ms, end: Ms, ahead: Ms = 10 * DAY, **more: Any) -> Window:
    """A window recorded so long before it starts."""
    named = {"id": f"W-{start}", **more}
    return Window(
        title="Work",
        services=frozenset({"shop"}),
        span=Span(start, end),
        recorded=start - ahead,
        author="ops",
        **named,
    )


def when(text: str) -> Ms:
    """An instant in UTC, `2026-10-03T10:00`."""
    return instant(datetime.fromisoformat(f"{text}Z"))


def spanned(text: str) -> Span:
    """`2026-10-03T10:00 .. 2026-10-03T10:30` in UTC."""
    start, _, end = text.partition(" .. ")
    return Span(when(start), when(end))
