"""Terms run on what was recorded: what past periods came to, or would have come to under other terms.

Nothing is issued and nothing is kept. The way is that of every statement: `Books` hands out the case and the
engine settles it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from monitor.agreements.ahead import IN_NO_ROW
from monitor.agreements.base import fees_needed
from monitor.agreements.build import contract
from monitor.agreements.evaluate import evaluate
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Case, Reading, Settlement
from monitor.agreements.schedule import NoCredits
from monitor.agreements.terms import ContractTerms
from monitor.config.plan import Agreement
from monitor.core.cycles import NAMING_DAY, Cycle, holding, preceding
from monitor.core.intervals import Ms, intersect, total
from monitor.core.money import Amount
from monitor.core.numbers import Bound
from monitor.core.periods import Period, local, midnight
from monitor.errors import NoRow
from monitor.records import dataclass
from monitor.statements.books import Books


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one period comes to.

    `figure` is the worst one, as the gate looks at it; None where there is none. `met` and `credit` are None
    where nobody can tell, and `why` says why. `watched` is the share of the period in which there was
    something to watch, and `unseen` that of the promised time which nobody saw.
    """

    period: Period
    figure: Fraction | None
    met: bool | None
    credit: Amount | None
    unseen: Fraction
    watched: Fraction
    why: str = ""


def periods(cycle: Cycle, months: int, now: Ms) -> tuple[Period, ...]:
    """The cycle's periods that are over and began in the last so many calendar months, oldest first.

    Cycles with a period for every day have none; `monthly` makes one of months of them.
    """
    here = local(now, cycle.zone).date()
    back = here.year * 12 + here.month - 1 - months
    first = midnight(date(back // 12, back % 12 + 1, 1), cycle.zone)
    found: list[Period] = []
    period = preceding(cycle, holding(cycle, now))
    while period.span.start >= first:
        found.append(period)
        period = preceding(cycle, period)
    return tuple(reversed(found))


def latest(cycle: Cycle, count: int, now: Ms) -> tuple[Period, ...]:
    """The last so many of the cycle's periods that are over, oldest first; of `monthly` cycles alone."""
    found = [preceding(cycle, holding(cycle, now))]
    while len(found) < count:
        found.append(preceding(cycle, found[-1]))
    return tuple(reversed(found))


def monthly(cycle: Cycle) -> Cycle:
    """The cycle itself; calendar months of one that has a period for every day."""
    return Cycle("calendar month", cycle.zone) if cycle.every in NAMING_DAY else cycle


def under(agreement: Agreement, terms: ContractTerms, name: str, since: date) -> Agreement:
    """An agreement as if it had these terms, and its newest fee, at least since a day. Nothing is billed.

    `name` tells it apart from the agreement itself, and from others like it.
    """
    last = agreement.terms[-1]
    start = min(agreement.start, since)
    told = replace(
        last,
        start=start,
        contract=contract(terms),
        commitment=_bound(terms) or last.commitment,
        terms=terms,
        cycle=monthly(last.cycle),
        fee_words=fees_needed(terms),
        applies="",
    )
    return replace(
        agreement,
        id=f"{agreement.id} {name}",
        start=start,
        until=None,
        terms=(told,),
        fees=tuple(replace(each, start=start) for each in agreement.fees[-1:]),
        bills={},
        contract_fees=tuple((start, money) for _, money in agreement.contract_fees[-1:]),
        at_risk=tuple((start, money) for _, money in agreement.at_risk[-1:]),
    )


def _bound(terms: ContractTerms) -> Bound | None:
    return terms.promises[0][1].commitment.bound


def outcome(books: Books, agreement: Agreement, period: Period) -> Outcome | None:
    """One period of an agreement by the engine; None where it was not in force in it."""
    parts = agreement.parts(period)
    if not parts:
        return None
    whys = (books.why_not(agreement, terms) or books.untold(agreement, period, terms) for terms, _ in parts)
    if why := next(filter(None, whys), ""):
        return Outcome(period, None, None, None, Fraction(0), watched(books, agreement, period), why)
    cases = [books.case(agreement, period, *part) for part in parts]
    try:
        settled, why = evaluate_parts(cases), ""
    except NoRow:
        settled, why = _unpriced(cases[-1]), IN_NO_ROW
    reading = settled.reading
    return Outcome(
        period=period,
        figure=reading.figure,
        met=reading.met,
        credit=None if why else settled.credit,
        unseen=1 - min(each.coverage for each in _readings(settled)),
        watched=watched(books, agreement, period),
        why=why or settled.undecided,
    )


def _readings(settled: Settlement) -> Iterator[Reading]:
    for named in settled.promises:
        yield from named.readings


def _unpriced(case: Case) -> Settlement:
    """The figures alone, of a case whose table does not price them."""
    promises = tuple((name, replace(each, schedule=NoCredits())) for name, each in case.contract.promises)
    return evaluate(replace(case, contract=replace(case.contract, promises=promises)))


def watched(books: Books, agreement: Agreement, period: Period) -> Fraction:
    """The share of a period in which there was something to watch of the service."""
    service = books.plan.services[agreement.service]
    base = books.timeline(service, books.reach(period), agreement.zone).base
    return Fraction(total(intersect(base, (period.span,))), period.span.length)
