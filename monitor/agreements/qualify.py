"""Qualify: which outages count. The length is asked of the whole outage, before exclusions and the edge.

What is measured is a *run*: neighbouring pieces, or pieces of one outage parted only by unknown time of at
most the evidence's bridge. Its length is its downtime; the unknown time between is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from monitor.agreements.account import EachAlone, size, spans
from monitor.agreements.pipeline import Account, Case, Piece
from monitor.agreements.words import duration
from monitor.core.intervals import Ms, Span, Spans, subtract
from monitor.core.numbers import Bound, Operator

_AT = {">": "more than", ">=": "at least"}


@dataclass(frozen=True, slots=True)
class EveryOutage(EachAlone):
    """No test: every confirmed outage counts."""

    def one(self, account: Account, case: Case) -> Account:
        return account

    def say(self) -> str:
        return "Every confirmed outage counts, however short."


@dataclass(frozen=True, slots=True)
class Lasting(EachAlone):
    """An outage counts if its length in ms compares to `limit`; then it counts from its first moment."""

    sign: Operator
    limit: Ms

    def one(self, account: Account, case: Case) -> Account:
        bound = Bound(self.sign, Fraction(self.limit))
        bad: list[Piece] = []
        short: list[Piece] = []
        for run in _runs(account, case.evidence.bridge):
            (bad if bound.holds(Fraction(size(run))) else short).extend(run)
        return replace(account, bad=tuple(bad), short=(*account.short, *short))

    def say(self) -> str:
        return (
            f"An outage counts only if it lasts {_AT[self.sign]} {duration(self.limit)}, "
            "judged whole; then all of it counts."
        )


def _runs(account: Account, bridge: Ms) -> Iterator[list[Piece]]:
    unknown = spans(account.unknown)
    run: list[Piece] = []
    for piece in account.bad:
        if run and not _one(run[-1], piece, unknown, bridge):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _one(left: Piece, right: Piece, unknown: Spans, bridge: Ms) -> bool:
    if left.end == right.start:
        return True
    if left.cause != right.cause or right.start - left.end > bridge:
        return False
    return not subtract((Span(left.end, right.start),), unknown)
