"""Which periods of an agreement a month's statement is about, and which one runs."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.plan import Agreement, Terms
from monitor.core.cycles import Cycle, holding, preceding
from monitor.core.intervals import Ms
from monitor.core.periods import Period, midnight, month

ROLLING = ("any 30 days", "365 days before the claim")
"""Cycles with a period for every day: of a month the one that ends with it is stated."""

Settled = tuple[Terms, Period]
"""A period and the terms that it is settled by."""


def running(agreement: Agreement, at: Ms) -> Settled:
    """The agreement's own period that holds an instant."""
    known = [terms for terms in agreement.terms if midnight(terms.start, agreement.zone) <= at]
    terms = known[-1] if known else agreement.terms[0]
    period = holding(terms.cycle, at)
    return by_label(agreement, period.label) or (terms, period)


def by_label(agreement: Agreement, label: str) -> Settled | None:
    """The agreement's period of a name; None where it has none, or was not in force in it."""
    try:
        found = agreement.settled_by(label)
    except ValueError:
        return None
    return found if agreement.in_force(found[1]) else None


def ending_in(agreement: Agreement, label: str) -> tuple[Settled, ...]:
    """The periods that end with or within a month, oldest first: 30 days may end in it twice."""
    found: dict[str, Settled] = {}
    for terms in agreement.terms:
        for period in _ends(terms.cycle, month(label, terms.cycle.zone)):
            settled = by_label(agreement, period.label)
            if settled and settled[1].span == period.span:
                found[period.label] = settled
    return tuple(sorted(found.values(), key=lambda each: each[1].span))


def _ends(cycle: Cycle, within: Period) -> Iterator[Period]:
    start, end = within.span.start, within.span.end
    claimed = cycle.every == "365 days before the claim"
    period = holding(cycle, end if claimed else end - 1)
    if cycle.every in ROLLING:
        yield period
        return
    if period.span.end > end:
        period = preceding(cycle, period)
    while period.span.end > start:
        yield period
        period = preceding(cycle, period)


def earlier(terms: Terms, period: Period, since: Ms) -> tuple[Period, ...]:
    """The periods before one, oldest first, as far as any of their time lies after `since`.

    There are none where every day has a period of its own: they overlap.
    """
    if terms.cycle.every in ROLLING:
        return ()
    found: list[Period] = []
    before = preceding(terms.cycle, period)
    while before.span.end > since:
        found.append(before)
        before = preceding(terms.cycle, before)
    return tuple(reversed(found))
