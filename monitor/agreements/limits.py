"""Limits: base, caps, minimum and rounding, in the order in which a contract applies them.

A cap on time comes before the base, since it speaks of time and not of money; then caps from the narrowest
span to the widest, the least that is paid, the one rounding, and what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.agreements.base import Base, base_of, fee, fees_needed
from monitor.agreements.caps import AtMost, ByOutage, CreditsAtMost, NoCap, TimeAtMost, is_inside, width
from monitor.agreements.pipeline import Limit
from monitor.agreements.rounding import HeldUntil, OnlyIf, RaisedTo, Round
from monitor.agreements.terms import BaseTerms, Cap, ContractTerms, LimitsTerms, RoundingTerms, Terms

NARROW = ("outage", "day", "week")


def of_promise(terms: Terms, rounding: RoundingTerms | None = None) -> tuple[Limit, ...]:
    """Base and limits of one promise whose credit is combined; `rounding` is that of the whole."""
    said = terms.rounding if terms.rounding != RoundingTerms() else rounding or RoundingTerms()
    base = base_of(terms.base, said, terms.period.every)
    lined = (Round(said.money, said.line),) if said.line == "promise" else ()
    every = terms.period.every
    limits = _limits(terms.limits, base, said, every, alone=False)
    return (*_time(terms.limits, said, every), base, *limits, *lined)


def of_alone(terms: Terms) -> tuple[Limit, ...]:
    """Base, limits and rounding of an only promise, which is the whole."""
    every = terms.period.every
    base = base_of(terms.base, terms.rounding, every)
    limits = _limits(terms.limits, base, terms.rounding, every)
    time = _time(terms.limits, terms.rounding, every)
    return (*time, base, *limits, *_end(terms.limits, terms.rounding))


def of_whole(terms: ContractTerms) -> tuple[Limit, ...]:
    """Limits and rounding of several promises together; points of an only promise have that one's own."""
    only = terms.promises[0][1] if len(terms.promises) == 1 else None
    limits = terms.limits or (only.limits if only else LimitsTerms())
    rounding = terms.rounding or (only.rounding if only else RoundingTerms())
    base = base_of_all(terms)
    every = terms.promises[0][1].period.every
    return (*_limits(limits, base, RoundingTerms(), every), *_end(limits, rounding))


def base_of_all(terms: ContractTerms) -> Base:
    """The base that all promises share; the agreement's fee for the period where they differ."""
    said = {each.base for _, each in terms.promises}
    base = said.pop() if len(said) == 1 else BaseTerms()
    return base_of(base, terms.rounding or RoundingTerms(), terms.promises[0][1].period.every)


def _time(limits: LimitsTerms, rounding: RoundingTerms, every: str) -> Iterator[Limit]:
    """What looks at time, and so comes before the base: the narrowest span first, as money has it."""
    inside = [cap for cap in limits.at_most if is_inside(cap, every)]
    if rounding.line == "outage" or inside:
        yield ByOutage(by_day=any(cap.per != "outage" and cap.of != "credits" for cap in inside))
    caps = sorted(limits.at_most, key=lambda cap: width(cap, every))
    yield from (TimeAtMost(cap) for cap in caps if cap.of == "time")


def _limits(
    limits: LimitsTerms, base: Base, rounding: RoundingTerms, every: str, *, alone: bool = True
) -> Iterator[Limit]:
    """Caps from the narrowest span to the widest, with the rounding of narrow lines between them."""
    caps = sorted(limits.at_most, key=lambda cap: width(cap, every))
    spans = ("outage",) if rounding.line == "outage" else NARROW
    yield from (_cap(cap, base) for cap in caps if cap.per in spans and cap.of != "time")
    if rounding.line in ("outage", "resource"):
        yield Round(rounding.money, rounding.line)
    yield from (_cap(cap, base) for cap in caps if cap.per not in spans and cap.of != "time")
    if not caps:
        yield NoCap(alone)
    if limits.only_if:
        yield OnlyIf(*limits.only_if)
    if limits.raised_to:
        yield RaisedTo(limits.raised_to)


def _cap(cap: Cap, base: Base) -> Limit:
    return CreditsAtMost(cap) if cap.of == "credits" else AtMost(cap, base)


def _end(limits: LimitsTerms, rounding: RoundingTerms) -> Iterator[Limit]:
    yield Round(rounding.money, again=rounding.line in ("outage", "resource"))
    if limits.held_until:
        yield HeldUntil(limits.held_until)


__all__ = ["base_of", "base_of_all", "fee", "fees_needed", "of_alone", "of_promise", "of_whole"]
