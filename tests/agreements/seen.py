"""Cases of evidence alone, for the tests of the stages that read it: no terms, no fees that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from monitor.agreements.evidence import Evidence, OutageRow, Recorded
from monitor.agreements.pipeline import Account, Case, Contract, Fees, Piece
from monitor.agreements.together import Alone
from monitor.core.calendars import Calendar
from monitor.core.intervals import MINUTE, Ms, Span, Spans
from monitor.core.periods import Period, month

EDGE = 1_790_812_800_000  # 1 October 2026 in UTC
ONE = Fraction(1)


def at(minutes: int) -> Ms:
    """So many minutes into the period."""
    return EDGE + minutes * MINUTE


def stretch(start: int, length: int) -> Period:
    """A period of so many ms from `start`."""
    return Period(Span(start, start + length), "UTC", "a stretch")


def october(zone: str = "UTC") -> Period:
    """October 2026."""
    return month("2026-10", zone)


def case(
    evidence: Evidence,
    period: Period | None = None,
    *,
    as_of: Ms | None = None,
    in_force: Spans | None = None,
    calendars: Mapping[str, Calendar] | None = None,
) -> Case:
    """A finished period, in force throughout, unless said."""
    period = period or october()
    return Case(
        contract=Contract((), combine=Alone()),
        period=period,
        in_force=in_force or (period.span,),
        evidence=evidence,
        fees=Fees("EUR", {"period": ()}),
        as_of=period.span.end if as_of is None else as_of,
        calendars=calendars or {},
    )


def row(start: Ms, end: Ms, **more: Any) -> OutageRow:
    """One row of an outages file."""
    return OutageRow(Span(start, end), **more)


def recorded(*rows: OutageRow, life: Span | None = None, unseen: Spans = ()) -> Evidence:
    """The evidence of a file about one resource, which existed in October and around it."""
    month = october().span
    around = life or Span(month.start - month.length, month.end + month.length)
    return Evidence({"shop": Recorded((around,), rows, unseen)})


def places(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """Where the pieces are."""
    return [(p.start, p.end) for p in pieces]


def minutes(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """Where the pieces are, in minutes of the period."""
    return [((p.start - EDGE) // MINUTE, (p.end - EDGE) // MINUTE) for p in pieces]


def piece(start: int, end: int, cause: str = "a", rate: Fraction = ONE, lane: str = "r") -> Piece:
    """A piece so many ms from the start of the period on."""
    return Piece(EDGE + start, EDGE + end, end - start, rate, lane, cause)


def only(accounts: tuple[Account, ...]) -> Account:
    """The only account."""
    (account,) = accounts
    return account
