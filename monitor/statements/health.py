"""How agreements stand in a month: what is left of each allowance, and what more downtime costs.

Apart from the papers, since `budget` and `status` answer a person who waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from monitor.agreements.ahead import IN_NO_ROW
from monitor.agreements.budget import Exposure, Outlook, outlook
from monitor.agreements.gate import spoken_bound
from monitor.agreements.parts import evaluate_parts
from monitor.agreements.pipeline import Piece, Reading, badness
from monitor.config.plan import Agreement, Plan, Target, Terms
from monitor.core.intervals import Ms, Span, Spans
from monitor.core.money import Amount
from monitor.core.periods import Period, month
from monitor.errors import NoRow
from monitor.statements.books import Books
from monitor.statements.periods import ending_in, running
from monitor.statements.reported import clock
from monitor.statements.standing import NO_BUDGET, AgreementHealth
from monitor.store.protocol import Snapshot

SPLIT = "an amendment splits the period"
Part = tuple[Agreement, Period, Terms, Spans]


def health(
    plan: Plan, snapshot: Snapshot, now: Ms, label: str | None = None, agreements: Sequence[str] | None = None
) -> tuple[AgreementHealth, ...]:
    """Budget and exposure of agreements (all, or those named), each in its own period that runs.

    With the label of a month, in the period that ends in the month, or that runs on beyond it. Every
    agreement in force has its row; one that cannot be priced says why in its exposure.
    """
    books = Books(plan, snapshot, now)
    chosen = [plan.agreements[id] for id in (plan.agreements if agreements is None else agreements)]
    parts = [part for a in chosen if (part := _part(a, _period(a, label, now), now))]
    if parts:
        reaches = [books.reach(period) for _, period, _, _ in parts]
        everything = Span(min(reach.start for reach in reaches), max(reach.end for reach in reaches))
        books.read_ahead([a.service for a, *_ in parts], everything)
    return tuple(_health(books, *part) for part in parts)


Looked = tuple[AgreementHealth, Outlook | None]
"""How an agreement stands, and what that was read off; None where checks cannot settle it ahead."""


def standing(books: Books, agreement: Agreement, period: Period) -> Looked | None:
    """One agreement in one of its periods, by books that are open; None where it is not in force in it."""
    part = _part(agreement, period, books.now)
    return None if part is None else _looked(books, *part)


def period_for(agreement: Agreement, label: str | None, now: Ms) -> Period:
    """The agreement's period that ends in a month, or runs on beyond it; None: the one that runs."""
    return _period(agreement, label, now)


def _period(agreement: Agreement, label: str | None, now: Ms) -> Period:
    if label is None:
        return running(agreement, now)[1]
    ended = ending_in(agreement, label)
    return ended[-1][1] if ended else running(agreement, month(label, agreement.zone).span.end - 1)[1]


def _part(agreement: Agreement, period: Period, now: Ms) -> Part | None:
    """The part of the period that runs, or the last; None where the agreement is not in force in it."""
    parts = agreement.parts(period)
    begun = [part for part in parts if part[1][0].start <= now] or list(parts[:1])
    return (agreement, period, *begun[-1]) if begun else None


def sums(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """One sum per currency, by code."""
    by_code: dict[str, Amount] = {}
    for amount in amounts:
        before = by_code.get(amount.currency)
        by_code[amount.currency] = amount if before is None else before + amount
    return tuple(by_code[code] for code in sorted(by_code))


def _health(
    books: Books, agreement: Agreement, period: Period, terms: Terms, in_force: Spans
) -> AgreementHealth:
    return _looked(books, agreement, period, terms, in_force)[0]


def _looked(books: Books, agreement: Agreement, period: Period, terms: Terms, in_force: Spans) -> Looked:
    split = len(agreement.parts(period)) > 1
    unsettled = books.why_not(agreement, terms) or books.untold(agreement, period, terms)
    told = clock(promise for _, promise in terms.terms.promises)
    found = None if unsettled or told else outlook(books.case(agreement, period, terms, in_force))
    if found and split:
        found = replace(found, budget=None, why_none=SPLIT, exposure=_of_parts(books, agreement, period))
    reading = found.reading if found else None
    exposure = _exposure(found)
    if told and not unsettled:
        reading, exposure = _standing(books, agreement, period), _of_parts(books, agreement, period)
    target = target_of(books.plan, agreement.service, terms.sla)
    value = reading.value if reading else None
    budget = found.budget if found else None
    row = AgreementHealth(
        agreement=agreement.id,
        customer=books.plan.party_of(agreement).party.name,
        service=books.plan.services[agreement.service].title,
        commitment=reading.promise if reading and reading.promise_of == "share" else None,
        target=target.objective if target else None,
        availability=value,
        met=reading.met if reading else None,
        target_met=None if target is None or value is None else target.objective.holds(value),
        coverage=reading.coverage if reading else Fraction(0),
        fee=found.fee if found else books.fee(agreement, terms, period, in_force),
        budget=budget or NO_BUDGET,
        exposure=exposure,
        steps=_steps(reading.outages, budget.allowed) if reading and budget else (),
        period=period,
        promised=" and ".join(spoken_bound(clause.gate) for _, clause in terms.contract.promises),
        no_budget=unsettled or told or (found.why_none if found else ""),
        unsettled=unsettled,
        ours=agreement.kind == "customer",
    )
    return row, found


def _of_parts(books: Books, agreement: Agreement, period: Period) -> Exposure:
    """What is owed of all parts as they stand; what the next minutes cost is not looked for."""
    parts = [books.case(agreement, period, *part) for part in agreement.parts(period)]
    try:
        settled = evaluate_parts(parts)
    except NoRow:
        return Exposure(None, None, None, IN_NO_ROW)
    return Exposure(settled.credit, None, None, settled.undecided)


def _standing(books: Books, agreement: Agreement, period: Period) -> Reading | None:
    """The worst figure as it stands, where nothing is looked for ahead."""
    try:
        settled = evaluate_parts([books.case(agreement, period, *part) for part in agreement.parts(period)])
    except NoRow:
        return None
    return min((each for named in settled.promises for each in named.readings), key=badness)


def _exposure(found: Outlook | None) -> Exposure:
    if found is None:
        return Exposure(None, None, None)
    return found.exposure if found.reading.met is not None else replace(found.exposure, owed=None)


def target_of(plan: Plan, service: str, sla: str) -> Target | None:
    """The objective of availability that protects the SLA, or the service's only one."""
    mine = [t for t in plan.targets.values() if t.service == service and t.of == "share"]
    protecting = [target for target in mine if sla in target.protects]
    return next(iter(protecting or mine), None)


def _steps(outages: Sequence[Piece], budgeted: Ms) -> tuple[tuple[Ms, Ms], ...]:
    left = budgeted
    steps = []
    for piece in sorted(outages, key=lambda piece: piece.start):
        left -= piece.size
        steps.append((piece.end, left))
    return tuple(steps)
